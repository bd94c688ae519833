package sandbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// The API server establishes the definitions one by one: all must be there.
func TestIssuesWhenEveryResourceIsServed(t *testing.T) {
	served := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !served[strings.TrimPrefix(r.URL.Path, "/apis/cert-manager.io/v1/")] {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []string{"issuers", "certificates", "clusterissuers", "certificaterequests"} {
		if err := issues(context.Background(), client); err == nil {
			t.Errorf("it issues before there are %s", next)
		}
		served[next] = true
	}
	if err := issues(context.Background(), client); err != nil {
		t.Error(err)
	}
}
