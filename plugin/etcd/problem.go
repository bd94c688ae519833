package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// explained is an error with our own text. It unwraps to its cause.
type explained struct {
	text string
	err  error
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.err }

// Explain returns an etcd or gRPC error with a text for users, without gRPC's wrapping.
func Explain(err error) error {
	if lost := (*NoQuorumError)(nil); err == nil || errors.As(err, &lost) {
		return err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), status.Code(err) == codes.DeadlineExceeded:
		return explained{"no answer within the deadline (no quorum, or the member hangs)", err}
	case errors.Is(err, context.Canceled), status.Code(err) == codes.Canceled:
		return explained{"canceled", errors.Join(context.Canceled, err)}
	case errors.Is(err, rpctypes.ErrNoLeader):
		return explained{"the member knows no leader", err}
	case errors.Is(err, rpctypes.ErrNoSpace):
		return explained{"the database has reached its quota (compact, defragment, then disarm the alarm; see https://etcd.io/docs/latest/op-guide/maintenance/)", err}
	case errors.Is(err, rpctypes.ErrTimeout), errors.Is(err, rpctypes.ErrTimeoutDueToLeaderFail):
		return explained{"the cluster did not agree in time (no quorum?)", err}
	}
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		text = s.Message()
	}
	if gRPCTimedOut(text) {
		return explained{"no answer in time (no quorum, or the member hangs)", errors.Join(context.DeadlineExceeded, err)}
	}
	if strings.Contains(text, "error reading from server: ") || strings.Contains(text, "use of closed network connection") {
		return explained{"the member closed the connection", err}
	}
	for _, prefix := range []string{"Error while dialing: ", "error reading server preface: ", "failed to write client preface: ", "etcdserver: "} {
		if _, rest, found := strings.Cut(text, prefix); found {
			text = strings.ReplaceAll(strings.TrimSuffix(rest, `"`), `\"`, `"`) // gRPC quotes the cause
		}
	}
	return explained{text, err}
}

// gRPCTimedOut reports whether gRPC closed a connection because it received nothing: no server preface before the
// connect timeout, or no answer to a ping (google.golang.org/grpc/internal/transport/http2_client.go).
func gRPCTimedOut(message string) bool {
	return strings.Contains(message, "keepalive ping failed to receive ACK within timeout") ||
		strings.Contains(message, "error reading server preface: ") && strings.Contains(message, "use of closed network connection")
}

// timedOut explains an error. It distinguishes the timeout of one member from the end of the whole command.
func timedOut(ctx context.Context, limit time.Duration, err error) error {
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded) {
		return explained{fmt.Sprintf("no answer within %s", limit), err}
	}
	return Explain(err)
}

// revisionProblem explains why a read at a revision was refused.
func revisionProblem(rev int64, err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return explained{fmt.Sprintf("revision %d has been compacted and can no longer be read (read a newer revision)", rev), err}
	case errors.Is(err, rpctypes.ErrFutureRev):
		return explained{fmt.Sprintf("revision %d is in the future", rev), err}
	case tooLarge(err):
		return explained{fmt.Sprintf("the response is larger than this client accepts: %s", Explain(err)), err}
	}
	return Explain(err)
}

// writeProblem explains why a write failed. It adds a remedy if the write may have been applied.
func writeProblem(err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrRequestTooLarge), tooLarge(err) && !errors.Is(err, rpctypes.ErrTooManyRequests):
		return explained{"the value is larger than etcd accepts in one request (1.5 MiB, unless the servers set --max-request-bytes)", err}
	case Ambiguous(err):
		return explained{Explain(err).Error() + " (the change may have been applied: read it back)", err}
	}
	return Explain(err)
}

// Ambiguous reports whether a write that returned err may have been applied. It certainly was not if etcd refused it
// before proposing it, or if it never left this client. "No space" is ambiguous: the write that fills the quota is
// applied and then answered with that error (server/etcdserver/apply/quota.go).
func Ambiguous(err error) bool {
	var unsent interface{ NeverSent() bool }
	if err == nil || errors.As(err, &unsent) && unsent.NeverSent() {
		return false
	}
	if lost := (*NoQuorumError)(nil); errors.As(err, &lost) {
		return false
	}
	for _, refused := range []error{
		rpctypes.ErrTooManyRequests, rpctypes.ErrRequestTooLarge, rpctypes.ErrEmptyKey,
		rpctypes.ErrLeaseNotFound, rpctypes.ErrPermissionDenied, rpctypes.ErrUserEmpty, rpctypes.ErrInvalidAuthToken,
		rpctypes.ErrNotCapable, rpctypes.ErrLeaseTTLTooLarge,
	} {
		if errors.Is(err, refused) {
			return false
		}
	}
	s, _ := status.FromError(err)
	switch s.Code() {
	case codes.ResourceExhausted: // either side refuses a large message before it reads it
		return !strings.Contains(s.Message(), "message larger than max")
	case codes.Unavailable, codes.DeadlineExceeded:
		return !neverSent(s.Message())
	}
	return true
}

// neverSent reports whether gRPC had no connection for the request (google.golang.org/grpc/picker_wrapper.go,
// balancer/base; client/v3/retry.go isSafeRetryMutableRPC for the last two).
func neverSent(message string) bool {
	for _, sign := range []string{
		"error while dialing", "last connection error", "error reading server preface", "failed to write client preface", "no children to pick from",
		"latest balancer error", "while waiting for connections to become ready",
		"there is no address available", "there is no connection available",
	} {
		if strings.Contains(strings.ToLower(message), sign) {
			return true
		}
	}
	return false
}
