//go:build e2e

package test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"

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
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, s.program("kubectl"), "get", "secrets", "--namespace="+namespace, "--watch", "-o", "json")
	cmd.Env = environment(s.kubeconfig)
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("watch the Secrets of namespace %q: %w", namespace, err)
	}
	read := make(chan error, 1)
	go func() { read <- values.read(pipe) }()
	stop = func() error {
		defer func() { _ = cmd.Wait() }() // killed
		defer cancel()
		// The watch may be behind. It has what was deleted, and the list has what was made last.
		out, err := s.kubectl(ctx, "", "get", "secrets", "--namespace="+namespace, "-o", `jsonpath={range .items[*]}{@}{"\n"}{end}`)
		if err != nil {
			return fmt.Errorf("list the Secrets of namespace %q: %w: %s", namespace, err, out)
		}
		cancel()
		return errors.Join(values.read(bytes.NewReader([]byte(out))), <-read)
	}
	return values, stop, nil
}

// read adds the values of each Secret in a stream of JSON documents. A document that the end of the stream cuts off is no
// error.
func (v *secretValues) read(stream io.Reader) error {
	documents := json.NewDecoder(stream)
	for {
		var secret corev1.Secret
		switch err := documents.Decode(&secret); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the Secrets: %w", err)
		}
		v.add(secret)
	}
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
