package ledgertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
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

// claim marks a folder as in use until the file is closed, or this process ends in whatever way.
func claim(dir string) (*os.File, error) {
	// Locked before it has its name, so that nobody finds it unlocked.
	unnamed := filepath.Join(dir, claimName+".new")
	file, err := os.OpenFile(unnamed, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(unnamed, filepath.Join(dir, claimName))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// claimable tells whether a folder was claimed by a process that has ended.
func claimable(dir string) bool {
	file, err := os.OpenFile(filepath.Join(dir, claimName), os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
