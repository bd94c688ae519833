package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// need is a file that the sandbox requires, and the Debian package that has it.
type need struct {
	file string // a program looked up in PATH, or an absolute path
	pkg  string
}

func needs() []need {
	return []need{
		{"runc", "runc"},
		{"/usr/lib/cni/ptp", "containernetworking-plugins"},
		{"/usr/lib/cni/host-local", "containernetworking-plugins"},
		{"/usr/lib/cni/portmap", "containernetworking-plugins"},
		{"/usr/lib/cni/loopback", "containernetworking-plugins"},
		{"iptables", "iptables"},
		{"iptables-restore", "iptables"},
		{"ipset", "ipset"},
		{"conntrack", "conntrack"},
		{"ip", "iproute2"},
		{"ss", "iproute2"},
		{"nsenter", "util-linux"},
		{"unshare", "util-linux"},
		{"mount", "mount"},
	}
}

// missing returns the packages whose files are missing, each once, in order.
func missing(needs []need, present func(string) bool) []string {
	var packages []string
	seen := map[string]bool{}
	for _, n := range needs {
		if !seen[n.pkg] && !present(n.file) {
			seen[n.pkg] = true
			packages = append(packages, n.pkg)
		}
	}
	return packages
}

func present(file string) bool {
	if strings.HasPrefix(file, "/") {
		_, err := os.Stat(file)
		return err == nil
	}
	_, err := exec.LookPath(file)
	return err == nil
}

// RequireRoot fails early: without root the first failure would be an unclear error of another program.
func RequireRoot() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("the sandbox makes network namespaces and cgroups and must run as root (run it with sudo)")
	}
	return nil
}

// InstallPackages installs the missing Debian packages, if there are any.
func InstallPackages(ctx context.Context, progress io.Writer) error {
	packages := missing(needs(), present)
	if len(packages) == 0 {
		return nil
	}
	list := strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("missing on this machine: %s (there is no apt-get here; install what your distribution calls them)", list)
	}
	fmt.Fprintf(progress, "installing Debian packages: %s\n", list)
	if install(ctx, packages) == nil {
		return nil
	}
	// The package lists may be missing or stale.
	if err := Run(ctx, "apt-get", "update", "-q"); err != nil {
		return fmt.Errorf("cannot install %s: %w (run `apt-get install %s` yourself)", list, err, list)
	}
	if err := install(ctx, packages); err != nil {
		return fmt.Errorf("cannot install %s: %w (run `apt-get install %s` yourself)", list, err, list)
	}
	return nil
}

func install(ctx context.Context, packages []string) error {
	args := append([]string{"DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-q", "-y", "--no-install-recommends"}, packages...)
	return Run(ctx, "env", args...)
}
