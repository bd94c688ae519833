package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// strayGrace is how long the remaining pods may take to answer once a majority has. It is long enough to detect a
	// stray pod, and short enough that a pod that hangs does not delay the call.
	strayGrace = 300 * time.Millisecond
	// agreeLimit is how long the remaining pods may take while fewer than a majority have answered.
	agreeLimit = 2 * time.Second
)

// MixedError reports that pods discovered as one etcd cluster belong to several. Nothing was read or written, and no
// password was sent.
type MixedError struct {
	Namespace, Cluster string
	answers            map[string]memberID // by pod name
	status             string              // the command that shows all pods
}

func (e *MixedError) Error() string {
	pods := e.pods()
	quoted, texts, remedies := make([]string, len(pods)), make([]string, len(pods)), make([]string, len(pods))
	for i, pod := range pods {
		at := e.answers[pod]
		quoted[i] = fmt.Sprintf("%q", pod)
		texts[i] = fmt.Sprintf("pod %q is member %x of cluster ID %x", pod, at.member, at.cluster)
		remedies[i] = "--member " + pod
	}
	why := ""
	if !e.severalIDs() { // clusters with etcd's default settings all have the same IDs
		why = "; two clusters that were started with the same settings give a member the same ID"
	}
	return fmt.Sprintf("the pods %s in namespace %q do not belong to one etcd cluster: %s%s (choose one pod for get, put, del, watch, auth, ctl and proxy: %s; %q shows all of them)",
		strings.Join(quoted, ", "), e.Namespace, strings.Join(texts, ", "), why, strings.Join(remedies, " or "), e.status)
}

// IsMixed reports whether err is a *MixedError.
func IsMixed(err error) bool { return errors.As(err, new(*MixedError)) }

// NeverSent reports true: the call that needed the check was not made.
func (e *MixedError) NeverSent() bool { return true }

func (e *MixedError) pods() []string {
	var pods []string
	for pod := range e.answers {
		pods = append(pods, pod)
	}
	slices.Sort(pods)
	return pods
}

func (e *MixedError) severalIDs() bool {
	pods := e.pods()
	return slices.ContainsFunc(pods, func(pod string) bool { return e.answers[pod].cluster != e.answers[pods[0]].cluster })
}

// mixed reports whether the pods with these answers belong to several clusters: their cluster IDs differ, or two of
// them have the same member ID.
func mixed(answers map[string]memberID) bool {
	members, clusters := map[uint64]bool{}, map[uint64]bool{}
	for _, at := range answers {
		members[at.member], clusters[at.cluster] = true, true
	}
	return len(clusters) > 1 || len(members) < len(answers)
}

// agree connects to all checked pods concurrently and returns the IDs of those that answer in time, or an error if none
// does. A pod that does not answer does not delay the others; admit checks it before it gets a call.
func (p *pool) agree(ctx context.Context) (map[string]memberID, error) {
	results := p.connectAll(ctx, p.checkedPods)
	answers := map[string]memberID{}
	var failure error
	var limit <-chan time.Time
	grace := false // limit is strayGrace, which a further answer does not extend
	for range p.checkedPods {
		select {
		case a := <-results:
			if a.err != nil {
				failure = firstOf(failure, a.err)
				continue
			}
			answers[a.pod] = a.channel.at
			if limit == nil {
				limit = time.After(agreeLimit)
			}
			if !grace && (mixed(answers) || 2*len(answers) > p.size) {
				grace, limit = true, time.After(strayGrace)
			}
		case <-limit:
			return answers, nil
		}
	}
	if len(answers) == 0 {
		return nil, failure
	}
	return answers, nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
