package plugin

import (
	"bytes"
	"context"
	"flag"
	"os"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
)

// logged is what the libraries log where Run does not keep them from it: bodies too.
var logged bytes.Buffer

// asProgram is the variable that makes the tests' program the plugin itself, for tests of a whole process.
const asProgram = "KUBECTL_ETCD_TEST_AS_PROGRAM"

// TestMain has Run set the process's logger, once: what other tests leave in the background may log at any time.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
		Run(context.Background(), streams, os.Args[1:])
		return
	}
	var flags flag.FlagSet
	klog.InitFlags(&flags)
	// From 9 on client-go's debuggingRoundTripper traces dials, and races with one that outlives its request.
	if err := flags.Set("v", "8"); err != nil {
		panic(err)
	}
	klog.LogToStderr(false)
	klog.SetOutput(&logged)
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	Run(context.Background(), streams, nil)
	m.Run()
}
