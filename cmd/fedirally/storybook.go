package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"fedirally/cmd/fedirally/web"
	"fedirally/static"
	"fedirally/templates"
	"fedirally/templates/stories"
)

type storybookCommand struct {
	Port int `default:"8081" help:"Port on this machine."`
}

// Run serves every page in every state until it is interrupted.
func (c *storybookCommand) Run(p *program) error {
	handler, err := storybook()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)))
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := web.HTTPServer("", handler, p.logger(slog.LevelInfo))
	stop := context.AfterFunc(p.ctx, func() { _ = server.Close() })
	defer stop()
	p.say("Every page in every state: http://%s/\nPress Ctrl-C to end.", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// storybook shows the stories with the real style, script and policy.
func storybook() (http.Handler, error) {
	files, err := static.New()
	if err != nil {
		return nil, err
	}
	all := stories.All(templates.Site{
		Stylesheet: files.Path("app.css"), Script: files.Path("live.js"), Icon: files.Path("icon.svg"),
		PublicURL: "https://rally.example.org", SourceURL: "https://code.example.org/fedirally", KeepDays: 90, KeepOutsideDays: 30,
	})
	mux := http.NewServeMux()
	mux.Handle("GET "+static.Prefix, files)
	for _, story := range all {
		mux.HandleFunc("GET /"+story.Name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", web.Policy)
			_ = story.Page.Render(r.Context(), w) // whoever looks at it sees what is missing
		})
	}
	mux.HandleFunc("GET /icons/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, storyIcon(r.PathValue("name"))) // whoever looks at it sees what is missing
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", web.Policy)
		_, _ = w.Write([]byte(storyIndex(all, files.Path("app.css"))))
	})
	return mux, nil
}

// storyIcon is a picture of two colours that follow from its name.
func storyIcon(name string) image.Image {
	sum := sha256.Sum256([]byte(name))
	picture := image.NewPaletted(image.Rect(0, 0, 96, 96), color.Palette{
		color.NRGBA{sum[0], sum[1], sum[2], 255}, color.NRGBA{sum[3], sum[4], sum[5], 255},
	})
	for i := range picture.Pix {
		if x, y := i%96-48, i/96-48; x*x+y*y < 30*30 {
			picture.Pix[i] = 1
		}
	}
	return picture
}

// storyIndex lists the stories by kind of page.
func storyIndex(all []stories.Story, stylesheet string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Storybook · Fedirally</title><link rel="stylesheet" href="%s"><main class="prose"><h1>Storybook</h1>`, stylesheet)
	group := ""
	for _, story := range all {
		if story.Group != group {
			group = story.Group
			fmt.Fprintf(&b, "<h2>%s</h2>\n", html.EscapeString(group))
		}
		fmt.Fprintf(&b, "<p><a href=\"/%s\">%s</a>: %s</p>\n", story.Name, story.Name, html.EscapeString(story.Title))
	}
	b.WriteString("</main></html>")
	return b.String()
}
