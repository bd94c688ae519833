package kustomize

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/util/yaml"
)

var record = flag.String("record", "", "keep what is rendered now as that of this release, vX.Y.Z")

const (
	releases   = "testdata/releases"
	changeList = "changes.txt"
)

// changeHeader is the head of a new release's list of changes.
const changeHeader = `# What "up" of today would change on a cluster of this release that somebody feels: PATH # WHY IT IS WORTH THAT.
# A change of the StatefulSet's template restarts every member of every cluster. kustomize/releases_test.go checks it.
`

// TestReleases compares the manifests that each release rendered with those rendered now for a cluster of that release. A
// change that "up" cannot make always fails. A change that is felt must be in the release's list, with its reason.
func TestReleases(t *testing.T) {
	if *record != "" {
		recordRelease(t, *record)
	}
	dirs, err := filepath.Glob(filepath.Join(releases, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no releases: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			mustVersion(t, filepath.Base(dir))
			for _, problem := range judge(mustReviewed(t, dir), changesSince(t, dir)) {
				t.Error(problem)
			}
		})
	}
}

// changesSince returns the changes in all of a release's cases.
func changesSince(t *testing.T, dir string) []change {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no manifests: %v", dir, err)
	}
	cases := goldens(t)
	var list []change
	for _, file := range files {
		o, ok := cases[strings.TrimSuffix(filepath.Base(file), ".yaml")]
		if !ok {
			t.Fatalf("%s belongs to no case (a case that a release has must stay in goldens)", file)
		}
		before := mustLoad(t, file)
		list = append(list, changes(before, mustRender(t, o.Keep(choices(t, before))).Objects)...)
	}
	return list
}

// choices returns the options that "up" reads from a running cluster and keeps: new defaults apply to new clusters only.
func choices(t *testing.T, objects []*unstructured.Unstructured) Options {
	t.Helper()
	for _, o := range objects {
		if o.GetKind() != "StatefulSet" {
			continue
		}
		image, _, err := unstructured.NestedString(container(t, o.Object), "image")
		colon := strings.LastIndex(image, ":")
		replicas, _, errReplicas := unstructured.NestedInt64(o.Object, "spec", "replicas")
		claims, _, errClaims := unstructured.NestedSlice(o.Object, "spec", "volumeClaimTemplates")
		if err := errors.Join(err, errReplicas, errClaims); err != nil || len(claims) != 1 {
			t.Fatal(err)
		}
		storage, _, err := unstructured.NestedString(claims[0].(map[string]any), "spec", "resources", "requests", "storage")
		if err != nil {
			t.Fatal(err)
		}
		return Options{Replicas: int(replicas), Storage: storage, Image: image[:colon], EtcdVersion: image[colon+1:]}
	}
	t.Fatal("no StatefulSet")
	return Options{}
}

// judge returns the problems with changes, given the reviewed paths and their reasons.
func judge(reviewed map[string]string, list []change) []string {
	var problems []string
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.path] {
			continue
		}
		seen[c.path] = true
		why, listed := reviewed[c.path]
		switch {
		case c.effect == refused:
			problems = append(problems, c.path+": an older cluster cannot be changed so (leave it as it was, or take it as an option that \"up\" keeps)")
		case c.effect == felt && !listed:
			problems = append(problems, c.path+": an older cluster feels this (if it is worth that, add the line \"PATH # WHY\" to "+changeList+")")
		case listed && why == "":
			problems = append(problems, c.path+": listed without a reason")
		}
	}
	for path := range reviewed {
		if !seen[path] {
			problems = append(problems, path+": listed, but nothing differs there (remove the line)")
		}
	}
	return problems
}

func mustReviewed(t *testing.T, dir string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, changeList))
	if err != nil {
		t.Fatal(err)
	}
	reviewed := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			path, why, _ := strings.Cut(line, " # ")
			reviewed[path] = why
		}
	}
	return reviewed
}

func mustLoad(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(data))
	var list []*unstructured.Unstructured
	for {
		var o unstructured.Unstructured
		switch err := decoder.Decode(&o); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, &o)
	}
}

func mustVersion(t *testing.T, name string) {
	t.Helper()
	if _, err := version.ParseSemantic(name); err != nil || !strings.HasPrefix(name, "v") {
		t.Fatalf("%q is no version: %v (use vX.Y.Z)", name, err)
	}
}

// recordRelease writes the manifests rendered now as those of a release. It writes a release only once.
func recordRelease(t *testing.T, name string) {
	t.Helper()
	mustVersion(t, name)
	dir := filepath.Join(releases, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatalf("%v (a release is recorded once)", err)
	}
	files := map[string][]byte{changeList: []byte(changeHeader)}
	for c, o := range goldens(t) {
		files[c+".yaml"] = mustRender(t, o).YAML
	}
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJudge(t *testing.T) {
	image := change{"StatefulSet NAME spec.template.spec.containers[etcd].image", felt}
	name := change{"StatefulSet NAME spec.serviceName", refused}
	for what, c := range map[string]struct {
		reviewed map[string]string
		list     []change
		want     string // of the only problem
	}{
		"nothing":              {nil, nil, ""},
		"harmless":             {nil, []change{{"Service NAME metadata.labels.a", harmless}}, ""},
		"felt":                 {nil, []change{image, image}, "feels this"},
		"felt and listed":      {map[string]string{image.path: "CVE"}, []change{image}, ""},
		"listed without why":   {map[string]string{image.path: ""}, []change{image}, "without a reason"},
		"refused":              {nil, []change{name}, "cannot be changed"},
		"refused, if listed":   {map[string]string{name.path: "nicer"}, []change{name}, "cannot be changed"},
		"listed and not there": {map[string]string{image.path: "CVE"}, nil, "remove the line"},
	} {
		t.Run(what, func(t *testing.T) {
			got := judge(c.reviewed, c.list)
			if (c.want == "") != (len(got) == 0) || len(got) > 1 || !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want one with %q", got, c.want)
			}
		})
	}
}
