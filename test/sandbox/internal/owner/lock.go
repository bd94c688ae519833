package owner

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Lock excludes a second up or down. An abstract socket leaves no file behind and is released when its holder ends, however
// it ends.
func Lock(ctx context.Context, name string, patience time.Duration) (unlock func(), err error) {
	deadline := time.Now().Add(patience)
	for {
		var config net.ListenConfig
		socket, err := config.Listen(ctx, "unix", "@"+name)
		if err == nil {
			return func() { _ = socket.Close() }, nil // the end of the process closes it at the latest
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
