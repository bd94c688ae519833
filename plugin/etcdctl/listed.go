package etcdctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
)

// listLimit bounds the question which members there are: what the user wants done comes after it.
const listLimit = 5 * time.Second

// execute runs a command in a container.
type execute func(context.Context, connect.Exec) error

// memberList is what etcdctl prints of a member's own list, as far as it is needed.
type memberList struct {
	Members []struct {
		ClientURLs []string `json:"clientURLs"`
	} `json:"members"`
}

// ofOneCluster returns those members of which the one in whose pod etcdctl runs knows: a client writes to whichever of its
// endpoints answers. Manifests of ours tell every member of all others, and what somebody else's came to only etcd knows.
// Where it does not say, it is asked alone. That there are fewer members than pods is an error: those are several clusters.
func (r Run) ofOneCluster(ctx context.Context, at cluster.Member, asked []cluster.Member, trust []string, run execute) ([]cluster.Member, error) {
	if len(asked) < 2 || r.Cluster.SealConfig != "" || isGiven("endpoints", r.Args, at.Server.Etcdctl) || isGiven("discovery-srv", r.Args, at.Server.Etcdctl) {
		return asked, nil
	}
	alone := []cluster.Member{at}
	list, err := r.list(ctx, at, trust, run)
	if err != nil {
		r.Note("asked is %s alone: whether the others are of its cluster it does not say (%v)", at.Name, err)
		return alone, nil
	}
	known := slices.DeleteFunc(slices.Clone(asked), func(m cluster.Member) bool { return !list.has(m) })
	left := names(asked, known)
	switch {
	case len(list.Members) < len(asked): // whatever they advertise: it may be one Service before all of them
		return nil, fmt.Errorf("the pods of %s in namespace %q are not of one etcd cluster: pod %q knows %d of them (say which one is to be asked: %s; %q shows them all)",
			strings.Join(names(asked, nil), ", "), r.Cluster.Namespace, at.PodName, len(list.Members), memberFlags(asked), r.Cluster.Command("status"))
	case len(left) == 0:
		return asked, nil
	case len(known) == 0:
		known = alone
	}
	r.Note("not among the members that pod %q knows, and so not asked: %s", at.PodName, strings.Join(left, ", "))
	return known, nil
}

func memberFlags(members []cluster.Member) string {
	flags := make([]string, len(members))
	for i, m := range members {
		flags[i] = "--member " + m.Name
	}
	return strings.Join(flags, " or ")
}

func (l memberList) has(m cluster.Member) bool {
	if m.Server.Advertised == "" { // it is no endpoint anyway
		return true
	}
	return slices.ContainsFunc(l.Members, func(listed struct {
		ClientURLs []string `json:"clientURLs"`
	},
	) bool {
		return slices.Contains(listed.ClientURLs, m.Server.Advertised)
	})
}

// list asks the member in whose pod etcdctl runs for the members that it knows, from its own store.
func (r Run) list(ctx context.Context, at cluster.Member, trust []string, run execute) (memberList, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	var out, errOut bytes.Buffer
	flags := slices.Concat(r.addressed(at, []cluster.Member{at}), trust, identity(r.Args))
	err := run(ctx, connect.Exec{
		Namespace: r.Cluster.Namespace, Pod: at.PodName, Container: at.Server.Container,
		Command: slices.Concat([]string{"etcdctl"}, flags, []string{"member", "list", "--write-out=json"}),
		Streams: remotecommand.StreamOptions{Stdout: &out, Stderr: &errOut},
	})
	var list memberList
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &list)
	}
	if err == nil && len(list.Members) == 0 {
		err = fmt.Errorf("it lists no member")
	}
	if text := strings.TrimSpace(errOut.String()); err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, cluster.OneLine(text[strings.LastIndex(text, "\n")+1:]))
	}
	return list, err
}

// identity returns those of the user's flags that say who etcdctl is, and whom it trusts: without them etcd may not let it ask.
func identity(args []string) []string {
	var found []string
	for i, a := range args {
		if a == "--" {
			break // what follows is no flag of etcdctl's
		}
		name, _, whole := strings.Cut(a, "=")
		switch name {
		case "--insecure-skip-tls-verify", "--insecure-transport":
			found = append(found, a)
		case "--user", "--password", "--auth-jwt-token", "--cacert", "--cert", "--key":
			found = append(found, a)
			if !whole && i+1 < len(args) {
				found = append(found, args[i+1])
			}
		}
	}
	return found
}
