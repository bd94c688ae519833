package host

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// RequirePorts returns an error that names the process if one of the TCP ports is in use.
func RequirePorts(ctx context.Context, ports ...int) error {
	for _, port := range ports {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", ":"+strconv.Itoa(port))
		if err != nil {
			return fmt.Errorf("port %d is taken by %s (stop it and try again)", port, listenerOf(ctx, port))
		}
		if err := listener.Close(); err != nil {
			return fmt.Errorf("give port %d back: %w", port, err)
		}
	}
	return nil
}

func listenerOf(ctx context.Context, port int) string {
	out, err := Output(ctx, "ss", "-Hltnp", fmt.Sprintf("sport = :%d", port))
	if err != nil {
		return "another process"
	}
	return parseListener(out)
}

// parseListener finds the process in a line of ss: users:(("etcd",pid=12,fd=7)).
func parseListener(out string) string {
	m := regexp.MustCompile(`\(\("([^"]+)",pid=(\d+)`).FindStringSubmatch(strings.TrimSpace(out))
	if m == nil {
		return "another process"
	}
	return fmt.Sprintf("process %q (pid %s)", m[1], m[2])
}
