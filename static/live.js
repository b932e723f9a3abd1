// Fedirally's script: the board moves while it is looked at, and the browser
// remembers your instance. Every page is whole without it.
(() => {
  "use strict";
  const find = (name, from = document) => from.querySelector(`[data-live="${name}"]`);
  const put = (el, text) => { if (el && el.textContent !== text) el.textContent = text; };
  const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const count = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;
  const money = (c) => {
    const a = Math.abs(c), rest = a % 100;
    return (c < 0 ? "-$" : "$") + number((a - rest) / 100) + (rest ? "." + String(rest).padStart(2, "0") : "");
  };
  const ordinal = (n) => {
    const teen = n % 100 > 10 && n % 100 < 14;
    return number(n) + (teen ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th");
  };
  const share = (part, whole) => {
    const t = whole > 0 ? Math.floor(Math.min(Math.max(part, 0), whole) * 1000 / whole) : 0;
    return `${Math.floor(t / 10)}.${t % 10}%`;
  };

  // Your instance, in this browser and nowhere else.
  const KEY = "fedirally.instance";
  const store = (act) => { try { return act(localStorage); } catch { return null; } };
  const remember = (host) => store((s) => s.setItem(KEY, host));
  const remembered = () => store((s) => s.getItem(KEY)) || "";
  const hostIn = (text) => {
    const host = text.trim().toLowerCase().replace(/^[a-z+]+:\/\//, "").replace(/[/?#].*$/, "").split("@").pop();
    return /^[^\s:]+\.[^\s:]+$/.test(host) ? host : "";
  };
  const panel = document.querySelector("[data-give]");
  const showMine = () => {
    if (!panel) return;
    const form = find("give", panel), mine = find("mine", panel), host = remembered();
    const known = host && !panel.querySelector("#problem");
    form.hidden = known;
    mine.hidden = !known;
    if (known) {
      const link = mine.querySelector("a");
      link.href = panel.dataset.give + encodeURIComponent(host);
      put(link, "Give for " + host);
    }
    for (const tr of document.querySelectorAll("tr[data-host]")) tr.classList.toggle("mine", tr.dataset.host === host);
  };
  if (panel) {
    find("give", panel).addEventListener("submit", (e) => {
      const host = hostIn(e.target.instance.value);
      if (host) remember(host);
    });
    find("forget", panel).addEventListener("click", () => {
      store((s) => s.removeItem(KEY));
      showMine();
      panel.querySelector("input").focus();
    });
    for (const a of panel.querySelectorAll(".problem a")) {
      a.addEventListener("click", () => remember(decodeURIComponent(a.pathname.split("/").pop())));
    }
    if (panel.querySelector("#problem")) store((s) => s.removeItem(KEY));
    showMine();
    addEventListener("pageshow", showMine);
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      put(button, "Copied");
    });
  }

  // Finding among the rows of this page; the form finds among all.
  const body = document.querySelector('[data-live="ranking"] tbody');
  const sought = document.getElementById("find");
  const filter = () => {
    if (!body || !sought || !find("found")) return;
    const text = sought.value.trim().toLowerCase().split("@").pop();
    let shown = 0;
    for (const tr of body.rows) {
      tr.hidden = !(tr.dataset.host + " " + tr.cells[1].textContent.toLowerCase()).includes(text);
      if (!tr.hidden) shown++;
    }
    put(find("found"), text ? `${shown} of the ${number(body.rows.length)} instances on this page match.` : "");
  };
  if (sought) sought.addEventListener("input", filter);

  const page = document.querySelector("[data-events]");
  if (!page || !window.EventSource) return;
  const { drive, view, zone, state } = page.dataset, goal = +page.dataset.goal, most = +page.dataset.page;
  const byDonors = view === "donors", lane = document.getElementById("lane");
  const status = find("status"), pause = find("pause");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const score = (r) => byDonors ? r.donors : r.raised_cents;
  const distance = (n) => byDonors ? count(n, "donor") : money(n);
  let rows = [], source, retry = 0, timer, paused = false, said = 0, queue, moving = 0, waiting = false;

  const gap = (i) => {
    const own = score(rows[i]);
    let a = i, b = i;
    while (a >= 0 && score(rows[a]) === own) a--;
    while (b < rows.length && score(rows[b]) === own) b++;
    if (a >= 0) {
      const need = score(rows[a]) - own, place = ordinal(rows[a].rank);
      if (!byDonors) return `${money((Math.floor(need / 100) + 1) * 100)} takes ${place}`;
      return need ? `${number(need + 1)} more donors take ${place}` : `1 more donor takes ${place}`;
    }
    if (b - a > 2) return "shares the lead";
    return b < rows.length ? "leads by " + distance(own - score(rows[b])) : "leads";
  };

  const chase = () => {
    let least = Infinity, words = "", above = 0;
    rows.forEach((r, i) => {
      if (i && r.rank !== rows[i - 1].rank) above = score(rows[i - 1]);
      const need = above - score(r);
      if (r.rank > 1 && need < least) {
        least = need;
        words = `Closest chase: ${gap(i)} for ${r.display}.`;
      }
    });
    put(find("chase"), words);
  };

  const drawn = new WeakMap();
  const draw = (tr, r, i) => {
    const cells = tr.cells, length = share(score(r), score(rows[0])), words = gap(i);
    const all = [r.rank, r.raised_cents, r.donors, length, words].join();
    if (drawn.get(tr) === all) return;
    drawn.set(tr, all);
    const medal = ["first", "second", "third"][r.rank - 1] || "behind";
    if (!tr.classList.contains(medal)) tr.className = medal;
    tr.dataset.raised = r.raised_cents;
    tr.dataset.donors = r.donors;
    put(cells[0].firstElementChild, number(r.rank));
    cells[1].querySelector(".lane-fill").setAttribute("width", length);
    put(cells[2], money(r.raised_cents));
    if (cells[3].dataset.n !== String(r.donors)) {
      cells[3].dataset.n = r.donors;
      cells[3].firstChild.data = number(r.donors);
      put(cells[3].lastElementChild, r.donors === 1 ? " donor" : " donors");
    }
    put(cells[4], words);
  };

  const made = (r) => {
    const tr = lane.content.querySelector("tr").cloneNode(true), [link, give] = tr.querySelectorAll("a");
    tr.dataset.host = r.host;
    link.href = `${drive}/instances/${r.host}`;
    put(link.querySelector("span:last-child") || link, r.display);
    give.href = `${drive}/give/${r.host}`;
    give.setAttribute("aria-label", "Give for " + r.display);
    return tr;
  };

  const arrange = () => {
    const at = new Map(), from = new Map(), focus = document.activeElement;
    for (const tr of body.rows) at.set(tr.dataset.host, tr);
    // To ask where rows are is dear: only where one is to move.
    const moved = rows.length !== at.size || [...at.keys()].some((host, i) => rows[i].host !== host);
    if (moved && !still.matches) for (const [host, tr] of at) from.set(host, tr.offsetTop);
    const rose = [];
    rows.forEach((r, i) => {
      r.rank = i && score(r) === score(rows[i - 1]) ? rows[i - 1].rank : i + 1;
      let tr = at.get(r.host);
      at.delete(r.host);
      if (!tr) tr = made(r);
      else if (+tr.dataset.raised < r.raised_cents || +tr.dataset.donors < r.donors) rose.push(tr);
      if (body.rows[i] !== tr) body.insertBefore(tr, body.rows[i] || null);
    });
    for (const tr of at.values()) tr.remove();
    rows.forEach((r, i) => draw(body.rows[i], r, i));
    const moves = (moved ? [...body.rows] : []).map((tr) => [tr, (from.get(tr.dataset.host) ?? tr.offsetTop) - tr.offsetTop]).filter(([, by]) => by);
    // For one frame each stands where it stood, so that nothing is seen to jump.
    for (const [tr, by] of moves) tr.style.transform = `translateY(${by}px)`;
    moving += moves.length;
    if (moves.length) requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const [tr, by] of moves) {
        tr.style.transform = "";
        const a = tr.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 400, easing: "ease-in-out" });
        a.onfinish = a.oncancel = () => { if (!--moving && waiting) settle(); };
      }
    }));
    if (!still.matches) for (const tr of rose) tr.cells[2].animate([{ color: "var(--flag)" }, {}], 2500);
    if (focus && focus !== document.activeElement && body.contains(focus)) focus.focus({ preventScroll: true });
    chase();
    showMine();
    filter();
  };

  // Rows that are on their way arrive first, or they would jump.
  const settle = () => {
    waiting = moving > 0;
    if (!waiting) arrange();
  };

  const sums = (e) => {
    const raised = Math.max(e.total.raised_cents, 0), over = raised >= goal;
    put(find("raised"), money(e.total.raised_cents));
    put(find("donors"), "from " + count(e.total.donors, "donor"));
    const cut = Math.max(raised < 2 * goal ? Math.floor(goal / 4) : raised < 5 * goal ? Math.floor(goal / 2) : goal, 1);
    const scale = over ? goal + (Math.floor((raised - goal) / cut) + 1) * cut : goal;
    const percent = number(Math.floor(raised * 100 / goal)) + "%", togo = money(scale - raised);
    const flag = find("flag");
    find("fill").setAttribute("width", share(raised, scale));
    flag.setAttribute("x", share(goal, scale));
    flag.firstElementChild.setAttribute("transform", over ? "translate(-8 0)" : "translate(-16 0)");
    for (const tick of document.querySelectorAll(".gauge-tick")) tick.style.display = over ? "none" : "";
    put(find("percent"), percent);
    put(find("left"), over ? `Stretch ${money(scale)}: ${togo} to go` : togo + " to go");
    find("left").classList.toggle("beyond", over);
    find("gauge").setAttribute("aria-label", `${money(raised)} raised, ${percent} of the goal of ${money(goal)}: ` +
      (over ? `${togo} to the stretch of ${money(scale)}` : togo + " to go"));
    const near = !over && goal - raised <= Math.floor(goal / 5) && goal - raised >= 1000 && goal - raised <= 100000;
    put(find("step"), near ? `Your $10 is ${Math.floor(100000 / (goal - raised))}% of what is left.` : "");
    const sum = find("period");
    if (sum) put(sum, `${e.period === "hour" ? "This hour" : "Today"} so far: ${money(e.raised_cents)} from ${count(e.donors, "donor")}, all instances together.`);
    const asOf = find("asof");
    if (!asOf || !e.as_of) return;
    asOf.dateTime = e.as_of.replace(/\.\d+/, "");
    put(asOf, new Intl.DateTimeFormat("en-US", {
      timeZone: zone, weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
    }).format(new Date(e.as_of)).replace(/\s/g, " "));
  };

  // A page of another kind, or with or without a table, is the server's to make.
  const anew = () => { queue = queue || setTimeout(() => location.reload(), 1000 + Math.random() * 9000); };

  const show = (e) => {
    if (e.state !== state || e.goal_cents !== goal || e.stale !== Boolean(document.querySelector(".stale"))) anew();
    if (e.full) rows = e.standings;
    else {
      const out = new Set((e.gone || []).concat(e.standings.map((r) => r.host)));
      rows = rows.filter((r) => !out.has(r.host));
      for (const r of e.standings) rows.splice(r.position - 1, 0, r);
      rows.length = Math.min(rows.length, most);
    }
    sums(e);
    if (!body !== !rows.length || !find("asof") !== !e.as_of) return anew();
    if (body) settle();
    if (rows.length && !e.full && Date.now() - said > 30000) {
      said = Date.now();
      put(find("say"), `${money(e.total.raised_cents)} raised. ${rows[0].display} leads with ${distance(score(rows[0]))}.`);
    }
  };

  const say = (word, name) => { put(find("state"), word); status.dataset.now = name; };
  const close = () => { clearTimeout(timer); if (source) source.close(); };
  const open = () => {
    close();
    source = new EventSource(page.dataset.events);
    source.addEventListener("board", (e) => { retry = 0; say("Live", "live"); show(JSON.parse(e.data)); });
    source.onerror = () => {
      say("Reconnecting", "waiting");
      // The browser tries again by itself unless the server said no.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, Math.min(60, 2 ** ++retry) * (500 + Math.random() * 1000));
    };
  };
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", paused);
    put(pause, paused ? "Go on" : "Pause");
    if (paused) { close(); say("Paused", "paused"); } else open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (e) => { if (e.persisted && !paused) open(); });
  status.hidden = false;
  say("Connecting", "waiting");
  open();
})();
