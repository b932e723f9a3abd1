package ledgertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged returns attributes under which PostgreSQL agrees to run: it refuses root, so for root
// they name the user postgres, or nobody.
func unprivileged() (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	uid, gid, err := serverAccount()
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}, nil
}

// giveAway makes a folder the property of the user that unprivileged names.
func giveAway(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := serverAccount()
	if err != nil {
		return err
	}
	return os.Chown(dir, int(uid), int(gid))
}

func serverAccount() (uid, gid uint32, err error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("PostgreSQL does not run as root, and there is no other user: %w", err)
	}
	u, errU := strconv.ParseUint(account.Uid, 10, 32)
	g, errG := strconv.ParseUint(account.Gid, 10, 32)
	return uint32(u), uint32(g), errors.Join(errU, errG)
}

// dieWithParent has the kernel do what Server.Kill does when the thread that starts the server ends,
// and so when this process does, however it ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
}
