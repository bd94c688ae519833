package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// fallbackServer is the API server that client-go uses if the kubeconfig selects none.
const fallbackServer = "http://localhost:8080"

// restConfig resolves kubectl's flags and the kubeconfig.
func (f *Factory) restConfig() (*rest.Config, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	if config.Host == fallbackServer {
		if err := noContextError(f.config); err != nil {
			return nil, err
		}
	}
	config = rest.CopyConfig(config)
	if config.ExecProvider != nil {
		f.program.set(config.ExecProvider.Command)
	}
	if server, err := url.Parse(config.Host); err == nil && server.Host != "" {
		root := strings.TrimSuffix(server.Path, "/")
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return apiServerTransport{next, server.Redacted(), root}
		})
	}
	config.UserAgent = "kubectl-etcd/" + Version()
	config.WarningHandler = rest.NewWarningWriter(render.TerminalSafe(f.ErrOut), rest.WarningWriterOptions{Deduplicate: true})
	// No client-side limit: the default of 5 requests a second is for controllers, and the API server has its own fairness.
	config.QPS, config.Burst = -1, -1
	// Protobuf has half the bytes of JSON and takes a fraction of its time to decode: "list -A" reads every pod.
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	return config, nil
}

// noContextError returns an error that lists the contexts if the kubeconfig has some and none is selected, and nil otherwise.
func noContextError(config *genericclioptions.ConfigFlags) error {
	loader := config.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil || raw.CurrentContext != "" || len(raw.Contexts) == 0 || config.Context != nil && *config.Context != "" {
		return nil
	}
	var paths []string
	for _, path := range loader.ConfigAccess().GetLoadingPrecedence() {
		if _, err := os.Stat(path); err == nil {
			paths = append(paths, path)
		}
	}
	if explicit := loader.ConfigAccess().GetExplicitFile(); explicit != "" {
		paths = []string{explicit}
	}
	names := slices.Sorted(maps.Keys(raw.Contexts))
	return fmt.Errorf("the kubeconfig %q has no current-context (choose one of its contexts with --context: %s; \"kubectl config use-context\" keeps the choice)",
		strings.Join(paths, string(os.PathListSeparator)), quoted(names))
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(all, ", ")
}

// notKubernetesError means that the server is not a Kubernetes API server.
type notKubernetesError struct{ server string }

func (e *notKubernetesError) Error() string {
	return fmt.Sprintf("the server at %q is not a Kubernetes API server: it has no Kubernetes objects at that address (check host and path of \"server\" in this context's cluster, or choose another --context)", e.server)
}

// maxNotFoundBody is how many bytes are read of a response with the status 404.
const maxNotFoundBody = 64 << 10

// apiServerTransport returns a notKubernetesError for a 404 that is not an API server's: a proxy's that does not know the path,
// for example. Every API server has the APIs core/v1 and apps/v1, and answers with a Status if an object of theirs is missing.
type apiServerTransport struct {
	http.RoundTripper
	server, root string
}

// RoundTrip implements http.RoundTripper.
func (k apiServerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := k.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusNotFound || !k.isCommonObject(req.URL.Path) ||
		strings.Contains(resp.Header.Get("Content-Type"), "protobuf") {
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxNotFoundBody))
	_ = resp.Body.Close()
	if err == nil && !bytes.Contains(body, []byte(`"Status"`)) {
		return nil, &notKubernetesError{k.server}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// isCommonObject reports whether a path is that of an object of core/v1 or apps/v1. A subresource is not one: a kubelet may
// answer for it.
func (k apiServerTransport) isCommonObject(path string) bool {
	for _, api := range []string{"/api/v1/", "/apis/apps/v1/"} {
		if rest, found := strings.CutPrefix(path, k.root+api); found {
			return strings.Count(strings.Trim(rest, "/"), "/") < 4
		}
	}
	return false
}

// WrappedRoundTripper returns the wrapped transport, for client-go's utilities that unwrap one.
func (k apiServerTransport) WrappedRoundTripper() http.RoundTripper { return k.RoundTripper }
