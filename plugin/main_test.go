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

// logged receives what the libraries log unless Run prevents it, with the bodies of requests and responses.
var logged bytes.Buffer

// asProgram is the environment variable that makes the test binary run as the plugin, for tests of a whole process.
const asProgram = "KUBECTL_ETCD_TEST_AS_PROGRAM"

// TestMain lets Run set the process's logger once: goroutines that other tests leave behind may log at any time.
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
