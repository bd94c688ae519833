//go:build e2e

package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-etcd/kubectl-etcd/test/scriptcommands"
)

// journey is the test of one script. Its whole output is searched for the values of all Secrets that its namespace had: no
// command prints one, whatever the state of the cluster.
type journey struct {
	*testing.T
	parallel bool
	secrets  *secretValues // nil before setup
}

// runJourneys runs scripts. Those that are parallel wait for a slot each. The others run in the slot of the calling test,
// because testing would queue each behind every journey that waits for a slot (testing's waitParallel), and the longest would
// end last.
func runJourneys(t *testing.T, parallel bool, params testscript.Params) {
	testscript.RunT(&journey{T: t, parallel: parallel}, params)
}

// Parallel implements testscript.T.
func (j *journey) Parallel() {
	if j.parallel {
		j.T.Parallel()
	}
}

// Run implements testscript.T.
func (j *journey) Run(name string, f func(testscript.T)) {
	j.T.Run(name, func(t *testing.T) { f(&journey{T: t, parallel: j.parallel}) })
}

// Verbose implements testscript.T. testscript drops the output of phases that passed, unless it is verbose.
func (j *journey) Verbose() bool { return true }

// Log implements testscript.T. testscript calls it with the script's whole output, after what setup deferred.
func (j *journey) Log(args ...any) {
	text := fmt.Sprint(args...)
	if j.secrets != nil {
		for value, owner := range j.secrets.values {
			if strings.Contains(text, value) {
				j.Errorf("the output has the value of %s", owner)
				text = strings.ReplaceAll(text, value, "<"+owner+">")
			}
		}
	}
	if testing.Verbose() || j.Failed() {
		j.T.Log(text)
	}
}

// secretValues collects the values of a namespace's Secrets.
type secretValues struct {
	script string
	mu     sync.Mutex
	values map[string]string // whose each value is
}

// watchSecrets collects the values of a namespace's Secrets until stop is called, those of deleted Secrets too. Values in the
// text of the script itself are left out.
func (s sandbox) watchSecrets(ctx context.Context, namespace, script string) (values *secretValues, stop func() error, err error) {
	values = &secretValues{script: script, values: map[string]string{}}
	secrets := s.kube.CoreV1().Secrets(namespace)
	changes, err := secrets.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("watch the Secrets of namespace %q: %w", namespace, err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for change := range changes.ResultChan() {
			if secret, ok := change.Object.(*corev1.Secret); ok {
				values.add(*secret)
			}
		}
	}()
	stop = func() error {
		// The watch may be behind. It has what was deleted, and the list has what was made last.
		last, err := secrets.List(ctx, metav1.ListOptions{})
		select {
		case <-read:
			err = errors.Join(err, fmt.Errorf("the watch of the Secrets of namespace %q ended", namespace))
		default:
		}
		changes.Stop()
		<-read
		if err != nil {
			return err
		}
		for _, secret := range last.Items {
			values.add(secret)
		}
		return nil
	}
	return values, stop, nil
}

// add adds the values of a Secret, but certificates, which are public.
func (v *secretValues) add(secret corev1.Secret) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, value := range secret.Data {
		if bytes.HasPrefix(value, []byte("-----BEGIN CERTIFICATE-----")) {
			continue
		}
		for _, form := range scriptcommands.SecretForms(value, shortestSecret) {
			if !strings.Contains(v.script, form) {
				v.values[form] = fmt.Sprintf("secret %q, key %q", secret.Name, key)
			}
		}
	}
}

// shortestSecret is the length from which a value is searched for. Shorter ones are common words.
const shortestSecret = 12
