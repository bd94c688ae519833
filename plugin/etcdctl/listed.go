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

// listLimit bounds the request for the member list, which runs before the user's command.
const listLimit = 5 * time.Second

// execute runs a command in a container.
type execute func(context.Context, connect.Exec) error

// memberList is the part of the output of "etcdctl member list" that is used.
type memberList struct {
	Members []struct {
		ClientURLs []string `json:"clientURLs"`
	} `json:"members"`
}

// ofOneCluster returns the endpoints that are in the member list of the pod in which etcdctl runs: a client writes to
// any of its endpoints. Clusters with a seal are skipped, because their manifests name all members to each other. If
// the list cannot be read, only that member is an endpoint. Fewer members than pods is an error, because those pods are
// several clusters.
func (r Run) ofOneCluster(ctx context.Context, at cluster.Member, targets []cluster.Member, tlsFlags []string, run execute) ([]cluster.Member, error) {
	if len(targets) < 2 || r.Cluster.SealConfig != "" || isGiven("endpoints", r.Args, at.Server.Etcdctl) || isGiven("discovery-srv", r.Args, at.Server.Etcdctl) {
		return targets, nil
	}
	alone := []cluster.Member{at}
	list, err := r.list(ctx, at, tlsFlags, run)
	if err != nil {
		r.Note("only %s is asked, because its membership list cannot be read (%v)", at.Name, err)
		return alone, nil
	}
	known := slices.DeleteFunc(slices.Clone(targets), func(m cluster.Member) bool { return !list.contains(m) })
	left := names(targets, known)
	switch {
	case len(list.Members) < len(targets): // regardless of what they advertise: it may be one Service for all of them
		return nil, fmt.Errorf("the pods of %s in namespace %q do not belong to one etcd cluster: the membership list of pod %q has length %d (choose one of them: %s; %q shows all of them)",
			strings.Join(names(targets, nil), ", "), r.Cluster.Namespace, at.PodName, len(list.Members), memberFlags(targets), r.Cluster.Command("status"))
	case len(left) == 0:
		return targets, nil
	case len(known) == 0:
		known = alone
	}
	r.Note("not in the membership list of pod %q, and so not asked: %s", at.PodName, strings.Join(left, ", "))
	return known, nil
}

func memberFlags(members []cluster.Member) string {
	flags := make([]string, len(members))
	for i, m := range members {
		flags[i] = "--member " + m.Name
	}
	return strings.Join(flags, " or ")
}

func (l memberList) contains(m cluster.Member) bool {
	if m.Server.Advertised == "" { // it is not an endpoint anyway
		return true
	}
	return slices.ContainsFunc(l.Members, func(listed struct {
		ClientURLs []string `json:"clientURLs"`
	},
	) bool {
		return slices.Contains(listed.ClientURLs, m.Server.Advertised)
	})
}

// list returns the member list of the member in whose pod etcdctl runs, read serializably.
func (r Run) list(ctx context.Context, at cluster.Member, tlsFlags []string, run execute) (memberList, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	var out, errOut bytes.Buffer
	flags := slices.Concat(r.endpointFlags(at, []cluster.Member{at}), tlsFlags, identityFlags(r.Args))
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
		err = fmt.Errorf("the membership list is empty")
	}
	if text := strings.TrimSpace(errOut.String()); err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, cluster.OneLine(text[strings.LastIndex(text, "\n")+1:]))
	}
	return list, err
}

// identityFlags returns the user's flags for credentials and trust: without them etcd may refuse the request for the
// member list.
func identityFlags(args []string) []string {
	var found []string
	for i, a := range args {
		if a == "--" {
			break // etcdctl has no flags after it
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
