package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gwebsocket "github.com/gorilla/websocket"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	crirc "k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"
	utilexec "k8s.io/utils/exec"
)

// execServer implements the exec protocol as the API server and the container runtime do. It runs commands on this
// machine instead of in a container.
type execServer struct {
	config *rest.Config
	kube   kubernetes.Interface

	noUpgrade  int    // refuse WebSockets with this status
	forbid     bool   // refuse everything
	createOnly bool   // refuse WebSockets, which need the verb "get"
	failure    string // the runtime's error, returned instead of running the command
	query      atomic.Pointer[string]
	webSockets atomic.Int32
	spdy       atomic.Int32
}

func (s *execServer) serve(t *testing.T) *execServer {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(s.handle))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	s.config = &rest.Config{Host: server.URL, QPS: -1}
	kube, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	s.kube = kube
	return s
}

func (s *execServer) handle(w http.ResponseWriter, r *http.Request) {
	s.query.Store(&r.URL.RawQuery)
	switch {
	case r.URL.Path != "/api/v1/namespaces/ns/pods/etcd-0/exec":
		http.Error(w, r.URL.Path+" is not what an exec asks for", http.StatusNotFound)
	case s.forbid, s.createOnly && gwebsocket.IsWebSocketUpgrade(r):
		verb := map[bool]string{true: "get", false: "create"}[gwebsocket.IsWebSocketUpgrade(r)]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
			Status:   metav1.StatusFailure, Reason: metav1.StatusReasonForbidden, Code: http.StatusForbidden,
			Message: fmt.Sprintf(`pods "etcd-0" is forbidden: User "eve" cannot %s resource "pods/exec" in API group "" in the namespace "ns"`, verb),
		})
	case gwebsocket.IsWebSocketUpgrade(r) && s.noUpgrade != 0:
		http.Error(w, "no WebSockets here", s.noUpgrade)
	case gwebsocket.IsWebSocketUpgrade(r):
		s.webSockets.Add(1)
		s.serveWebSocket(w, r)
	default:
		s.spdy.Add(1)
		crirc.ServeExec(w, r, runHere{s.failure}, "etcd-0", "", "etcd", r.URL.Query()["command"], wanted(r),
			time.Minute, time.Minute, crirc.SupportedStreamingProtocols)
	}
}

func wanted(r *http.Request) *crirc.Options {
	is := func(name string) bool { return r.URL.Query().Get(name) == "true" }
	return &crirc.Options{Stdin: is("stdin"), Stdout: is("stdout"), Stderr: is("stderr"), TTY: is("tty")}
}

// serveWebSocket is the part of the API server (apiserver/pkg/util/proxy/streamtranslator.go): only it speaks v5.
func (s *execServer) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	channels := []wsstream.ChannelType{wsstream.IgnoreChannel, wsstream.WriteChannel, wsstream.IgnoreChannel, wsstream.WriteChannel, wsstream.ReadChannel}
	if wanted(r).Stdin {
		channels[remotecommand.StreamStdIn] = wsstream.ReadChannel
	}
	if wanted(r).Stderr {
		channels[remotecommand.StreamStdErr] = wsstream.WriteChannel
	}
	conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
		remotecommand.StreamProtocolV5Name: {Binary: true, Channels: channels},
	})
	_, streams, err := conn.Open(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	err = runHere{s.failure}.ExecInContainer(r.Context(), "", "", "", r.URL.Query()["command"],
		streams[remotecommand.StreamStdIn], streams[remotecommand.StreamStdOut], streams[remotecommand.StreamStdErr], wanted(r).TTY, nil, 0)
	status := metav1.Status{Status: metav1.StatusSuccess}
	var exit utilexec.CodeExitError
	switch {
	case errors.As(err, &exit):
		status = metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason,
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: fmt.Sprint(exit.Code)}}},
		}
	case err != nil:
		status = metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonInternalError, Message: "Internal error occurred: " + err.Error()}
	}
	_ = json.NewEncoder(streams[remotecommand.StreamErr]).Encode(status)
}

// runHere runs the command without a container, or returns the configured failure.
type runHere struct{ failure string }

func (h runHere) ExecInContainer(ctx context.Context, _, _, _ string, cmd []string, in io.Reader, out, errOut io.WriteCloser, _ bool, _ <-chan crirc.TerminalSize, _ time.Duration) error {
	if h.failure != "" {
		return fmt.Errorf("%s", h.failure)
	}
	command := exec.CommandContext(ctx, cmd[0], cmd[1:]...)
	command.Stdout, command.Stderr = out, errOut
	if in != nil {
		to, err := command.StdinPipe() // with cmd.Stdin, exec would wait until our reader ends
		if err != nil {
			return err
		}
		go func() { _, _ = io.Copy(to, in); _ = to.Close() }()
	}
	err := command.Run()
	if command.ProcessState != nil && !command.ProcessState.Success() {
		return utilexec.CodeExitError{Err: err, Code: command.ProcessState.ExitCode()}
	}
	return err
}

// eachExec runs a test over both transports.
func eachExec(t *testing.T, f func(t *testing.T, s *execServer)) {
	t.Helper()
	t.Run("WebSocket", func(t *testing.T) { f(t, &execServer{}) })
	t.Run("SPDY", func(t *testing.T) { f(t, &execServer{noUpgrade: http.StatusBadRequest}) })
}

// shellExec returns an Exec that runs a shell script.
func shellExec(script string, in io.Reader) (e Exec, out, errOut *strings.Builder) {
	out, errOut = &strings.Builder{}, &strings.Builder{}
	e = Exec{Namespace: "ns", Pod: "etcd-0", Container: "etcd", Command: []string{"sh", "-c", script}}
	e.Streams.Stdin, e.Streams.Stdout, e.Streams.Stderr = in, out, errOut
	return e, out, errOut
}
