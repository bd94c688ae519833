// Package report holds the documents that commands print with -o json, and functions of them. Package render draws them
// for people.
package report

import "time"

// APIVersion is the version of every report in its JSON and YAML form.
const APIVersion = "etcd.kubectl.dev/v1"

// Meta is the head of every report: a script can read from it which report it has.
type Meta struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
}

// NewMeta returns the head of a report of the given kind.
func NewMeta(kind string) Meta { return Meta{Kind: kind, APIVersion: APIVersion} }

// Head is the head of a report about one cluster.
type Head struct {
	Meta
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
}

// NewHead returns the head of a report of the given kind.
func NewHead(kind, namespace, cluster string) Head {
	return Head{Meta: NewMeta(kind), Cluster: cluster, Namespace: namespace}
}

// Millis rounds a duration for people: to the microsecond under 10 ms, else to the millisecond.
func Millis(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
