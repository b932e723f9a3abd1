package rankingtest

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the program when the thread that starts it ends,
// and so when this process does, however it ends.
func dieWithParent(program *exec.Cmd) {
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
