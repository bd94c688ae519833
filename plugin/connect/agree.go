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
	// strayGrace is how long the rest may take to answer once most members have: a stray is told of, and one that hangs
	// holds up nobody.
	strayGrace = 300 * time.Millisecond
	// agreeLimit is how long the rest may take where fewer have.
	agreeLimit = 2 * time.Second
)

// MixedError says that pods which were taken for one etcd cluster are several. Nothing was read or written, and no password
// sent.
type MixedError struct {
	Namespace, Cluster string
	answers            map[string]place // by pod
	status             string           // the command that shows them all
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
	if !e.severalIDs() { // etcd's own settings have the same IDs all over the world
		why = ", which is one member's name in two clusters that were started with the same settings"
	}
	return fmt.Sprintf("the pods %s in namespace %q are not of one etcd cluster: %s%s (get, put, del, watch, auth, ctl and proxy speak with one alone: %s; %q shows them all)",
		strings.Join(quoted, ", "), e.Namespace, strings.Join(texts, ", "), why, strings.Join(remedies, " or "), e.status)
}

// Several reports whether an error says that pods are of several clusters.
func Several(err error) bool { return errors.As(err, new(*MixedError)) }

// NeverSent says that the call which needed the agreement was not made.
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

// mixed reports whether pods that gave these answers are not of one cluster: their cluster IDs differ, or two are the same
// member.
func mixed(answers map[string]place) bool {
	members, clusters := map[uint64]bool{}, map[uint64]bool{}
	for _, at := range answers {
		members[at.member], clusters[at.cluster] = true, true
	}
	return len(clusters) > 1 || len(members) < len(answers)
}

// agree asks all pods who they are, at the same time. One that does not answer cannot stop the others, and is asked again
// before it gets anything.
func (p *pool) agree(ctx context.Context) (map[string]place, error) {
	results := p.connectAll(ctx, p.asked)
	answers := map[string]place{}
	var failure error
	var limit <-chan time.Time
	for range p.asked {
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
			if mixed(answers) || 2*len(answers) > p.size {
				limit = time.After(strayGrace)
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
