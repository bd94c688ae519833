package connect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func TestExecCarriesStreamsAndStatus(t *testing.T) {
	t.Parallel()
	eachExec(t, func(t *testing.T, s *execServer) {
		s.serve(t)
		big := strings.Repeat("\x00\xff any bytes\n", 100_000)
		e, out, errOut := shellExec("cat; echo problem >&2; exit 7", strings.NewReader(big))
		err := e.Run(t.Context(), s.config, s.kube)
		var exit exec.CodeExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("%v, want exit status 7", err)
		}
		if out.String() != big || errOut.String() != "problem\n" {
			t.Errorf("%d bytes on stdout of %d sent, stderr %q", out.Len(), len(big), errOut)
		}

		e, out, _ = shellExec("echo done", nil)
		if err := e.Run(t.Context(), s.config, s.kube); err != nil || out.String() != "done\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
}

func TestExecAsksForWhatIsNeeded(t *testing.T) {
	t.Parallel()
	s := (&execServer{}).serve(t)
	for name, c := range map[string]struct {
		stdin io.Reader
		tty   bool
		want  url.Values
	}{
		"no stdin":   {nil, false, url.Values{"stdout": {"true"}, "stderr": {"true"}}},
		"all":        {strings.NewReader(""), false, url.Values{"stdin": {"true"}, "stdout": {"true"}, "stderr": {"true"}}},
		"a terminal": {strings.NewReader(""), true, url.Values{"stdin": {"true"}, "stdout": {"true"}, "tty": {"true"}}},
	} {
		e, _, _ := shellExec("exit", c.stdin)
		e.Streams.Tty = c.tty
		if err := e.Run(t.Context(), s.config, s.kube); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, _ := url.ParseQuery(*s.query.Load())
		c.want["container"], c.want["command"] = []string{"etcd"}, []string{"sh", "-c", "exit"}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestExecFallsBackToSPDY(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		s := (&execServer{noUpgrade: status}).serve(t)
		e, out, _ := shellExec("cat", strings.NewReader("once"))
		if err := e.Run(t.Context(), s.config, s.kube); err != nil || out.String() != "once" || s.spdy.Load() != 1 {
			t.Errorf("refused with %d: %v, %q, %d SPDY upgrades", status, err, out, s.spdy.Load())
		}
	}
}

func TestExecSaysWhyItIsRefused(t *testing.T) {
	t.Parallel()
	s := (&execServer{forbid: true}).serve(t)
	e, _, _ := shellExec("exit", nil)
	err := e.Run(t.Context(), s.config, s.kube)
	kubetest.WantError(t, err, `exec "sh" in pod ns/etcd-0, container "etcd": pods "etcd-0" is forbidden: User "eve" cannot create resource "pods/exec"`)
	if !apierrors.IsForbidden(err) {
		t.Errorf("%v is no refusal of a right", err)
	}
}

// TestExecWithOnlyVerbCreate has the API server forbid the WebSocket ("get pods/exec"). SPDY then runs the
// command, or fails with its own error.
func TestExecWithOnlyVerbCreate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ failure, script, want string }{
		"done":              {script: "exit", want: ""},
		"a status":          {script: "exit 7", want: `exec "sh" in pod ns/etcd-0, container "etcd": command terminated with exit code 7`},
		"no program":        {script: "exit 127", want: `exec "sh" in pod ns/etcd-0, container "etcd": the image has no such program`},
		"the runtime fails": {failure: "container is gone", want: `exec "sh" in pod ns/etcd-0, container "etcd": Internal error occurred: error executing command in container: container is gone`},
	} {
		s := (&execServer{createOnly: true, failure: c.failure}).serve(t)
		e, _, _ := shellExec(c.script, nil)
		got, err := "", e.Run(t.Context(), s.config, s.kube)
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" || apierrors.IsForbidden(err) || s.spdy.Load() != 1 {
			t.Errorf("%s: %v, %d SPDY upgrades (-want +got)\n%s", name, err, s.spdy.Load(), diff)
		}
	}
}

// TestExecNoProgram has the errors of container runtimes for an image that lacks a program.
func TestExecNoProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure, script string
		want            bool
	}{
		"containerd and runc": {failure: `failed to exec in container: failed to start exec "c2b1": OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH`, want: true},
		"a path, runc":        {failure: `exec: "sh": stat sh: no such file or directory`, want: true},
		"CRI-O and crun":      {failure: "command error: executable file `sh` not found in $PATH: No such file or directory, stdout: , stderr: , exit code -1", want: true},
		"Docker, by status":   {script: "exit 127", want: true},
		"may not be run":      {script: "exit 126", want: true},
		"something else":      {failure: "container not running (etcd)"},
		"a file of its own":   {script: "exit 1"},
	} {
		s := (&execServer{failure: c.failure}).serve(t)
		e, _, _ := shellExec(c.script, nil)
		if err := e.Run(t.Context(), s.config, s.kube); errors.Is(err, ErrNoProgram) != c.want || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExecEndsWithItsContext(t *testing.T) {
	eachExec(t, func(t *testing.T, s *execServer) {
		s.serve(t)
		ctx, cancel := context.WithCancel(t.Context())
		never, end := io.Pipe()
		defer end.Close()
		e, _, _ := shellExec("sleep 60", never)
		time.AfterFunc(300*time.Millisecond, cancel)
		begin := time.Now()
		err := e.Run(ctx, s.config, s.kube)
		if took := time.Since(begin); !errors.Is(err, context.Canceled) || took > 2*time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}

func TestExecLeavesNothingBehind(t *testing.T) {
	eachExec(t, func(t *testing.T, s *execServer) {
		s.serve(t)
		before := goleak.IgnoreCurrent()
		for range 3 {
			e, _, _ := shellExec("cat; exit 1", strings.NewReader("some"))
			_ = e.Run(t.Context(), s.config, s.kube)
		}
		time.Sleep(1500 * time.Millisecond) // see TestNothingIsLeftBehind
		goleak.VerifyNone(t, before)
	})
}

// TestExecReportsLocalFailures has stdout on a full disk, and stdin from a file that cannot be read.
func TestExecReportsLocalFailures(t *testing.T) {
	t.Parallel()
	eachExec(t, func(t *testing.T, s *execServer) {
		s.serve(t)
		e, _, _ := shellExec("echo some", nil)
		e.Streams.Stdout = fullDisk{}
		kubetest.WantError(t, e.Run(t.Context(), s.config, s.kube), "write stdout: no space left on device")

		e, _, _ = shellExec("cat", iotest.ErrReader(errors.New("bad sector")))
		kubetest.WantError(t, e.Run(t.Context(), s.config, s.kube), "read stdin: bad sector")
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
