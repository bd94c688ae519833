package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// patience bounds the wait for an API server that has only just started.
const patience = time.Minute

// install applies the CustomResourceDefinitions and waits until the API server
// serves them, because a controller that starts earlier fails to watch, and backs
// off for longer than this takes.
func install(ctx context.Context, config *rest.Config, file string) error {
	crds, err := read(file)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	resource := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, crd := range crds {
		// The API server may not yet take what it takes a second later.
		err := retry(ctx, func(ctx context.Context) error {
			_, err := resource.Apply(ctx, crd.GetName(), crd, meta.ApplyOptions{FieldManager: "sandbox", Force: true})
			return err
		})
		if err != nil {
			return fmt.Errorf("apply %q: %w", crd.GetName(), err)
		}
	}
	for _, crd := range crds {
		err := retry(ctx, func(ctx context.Context) error {
			got, err := resource.Get(ctx, crd.GetName(), meta.GetOptions{})
			if err != nil {
				return err
			}
			return established(got)
		})
		if err != nil {
			return fmt.Errorf("wait for %q: %w", crd.GetName(), err)
		}
	}
	return nil
}

func read(file string) ([]*unstructured.Unstructured, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	var list []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(in, 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", file, err)
		}
		if len(object.Object) > 0 { // else only a comment
			list = append(list, object)
		}
	}
}

func established(crd *unstructured.Unstructured) error {
	conditions, _, err := unstructured.NestedSlice(crd.Object, "status", "conditions")
	if err != nil {
		return err
	}
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
			return nil
		}
	}
	return errors.New("it is not established")
}

// retry asks until there is no error, and then says the last one.
func retry(ctx context.Context, ask func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		last = ask(ctx)
		return last == nil, nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}
