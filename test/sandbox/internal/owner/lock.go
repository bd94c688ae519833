package owner

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Lock keeps a second up or down away. An abstract socket is a lock that leaves
// no file behind and ends with its holder, however that dies.
func Lock(ctx context.Context, name string, patience time.Duration) (unlock func(), err error) {
	deadline := time.Now().Add(patience)
	for {
		var config net.ListenConfig
		socket, err := config.Listen(ctx, "unix", "@"+name)
		if err == nil {
			return func() { _ = socket.Close() }, nil // at the latest it ends with the process
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("another sandbox command has been at work for more than %s (wait for it, or end it)", patience)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
