package settings

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"mvdan.cc/sh/v3/syntax"
)

// clusterDomain is the default of kubeadm and of every managed Kubernetes. The actual one is only in the kubelet's
// configuration (clusterDomain).
const clusterDomain = "cluster.local"

// staticCalls returns the programs that an inline script calls, judged by the script without the pod's environment.
func staticCalls(c corev1.Container, l launch) []launch {
	if !strings.Contains(l.script, "etcd") && !strings.Contains(imageName(c.Image), "etcd") {
		return nil
	}
	if file, _ := parse(l.script); file == nil && saysEtcd(l.script) { // the script does not parse
		return []launch{{program: "etcd"}}
	}
	var d unknowns
	sh := newShell(&d, nil, func(string) (string, bool) { return "", false })
	sh.start(l)
	calls := make([]launch, len(sh.calls))
	for i, c := range sh.calls {
		calls[i] = c.launch
	}
	return calls
}

// saysEtcd reports whether a script that does not parse seems to contain a command line of etcd.
func saysEtcd(script string) bool {
	words := strings.Fields(script)
	for i, w := range words {
		if path.Base(w) == "etcd" && i+1 < len(words) && strings.HasPrefix(words[i+1], "-") {
			return true
		}
	}
	return false
}

func newShell(d *unknowns, env map[string]string, open func(string) (string, bool)) *shell {
	unknown := func(what string) string { return d.mark(what) }
	return &shell{
		scope: newScope(env), unknowns: d, where: "script", open: open, functions: map[string]*syntax.Stmt{},
		names: hostNames{unknown("the host name"), unknown("the host name"), unknown("the pod's address")},
	}
}

// start returns the command line and the environment that etcd is started with, after the container's script. found is
// false if a program whose content is unknown starts etcd.
func (r *reader) start(ctx context.Context, env map[string]string) (started call, found bool, err error) {
	expanded := func(words []string) []string {
		out := make([]string, len(words))
		for i, w := range words {
			out[i] = r.expand(w, env)
		}
		return out
	}
	l := launchOf(r.container, expanded(r.container.Command), expanded(r.container.Args))
	if env["HOSTNAME"] == "" {
		env["HOSTNAME"] = r.hostname() // set by the container runtime, after the kubelet has expanded $(HOSTNAME)
	}
	sh := newShell(&r.unknowns, env, func(file string) (string, bool) {
		text, ok, failed := r.script(ctx, file)
		if failed != nil {
			err = failed
		}
		return text, ok
	})
	sh.where = fmt.Sprintf("script of container %q", r.container.Name)
	sh.names = r.hostNames()
	sh.start(l)
	if err != nil {
		return call{}, false, err
	}
	if etcds := slices.DeleteFunc(slices.Clone(sh.calls), func(c call) bool { return !c.isEtcd() }); len(etcds) > 0 {
		chosen, same := choose(etcds)
		if !same {
			r.unknowns.addSource(sh.where + ", which calls etcd in several ways (the first is taken)")
		}
		return chosen, true, nil
	}
	if l.program == "" && imageName(r.container.Image) == "etcd" {
		return call{launch: l, env: env}, true, nil // the entry point is etcd, or a script that passes everything on
	}
	r.addUnknownPrograms(l, sh.calls)
	return call{launch: l, env: env}, false, nil
}

// choose picks one of several calls of etcd, of which the script makes one: the first with the best rank. same reports
// whether all calls of that rank have the same serving flags.
func choose(etcds []call) (chosen call, same bool) {
	best, serving := 0, []string(nil)
	for _, c := range etcds {
		values := c.serving()
		switch r := c.rank(values); {
		case serving == nil || r < best:
			chosen, best, serving, same = c, r, values, true
		case r == best:
			same = same && slices.Equal(values, serving)
		}
	}
	return chosen, same
}

// rank returns the priority of a call, 0 first. Calls that set client URLs or a config file come first. Calls in the
// background come last, because they only prepare something for another call.
func (c call) rank(serving []string) int {
	rank := 0
	if serving[0]+serving[1]+serving[2] == "" {
		rank = 1
	}
	if c.background {
		rank += 2
	}
	return rank
}

// serving returns the values of the flags by which a call of etcd serves clients.
func (c call) serving() []string {
	flags, _ := parseArgs(c.args)
	s := Settings{flags: flags, env: c.env}
	var values []string
	for _, flag := range []string{"advertise-client-urls", "listen-client-urls", "config-file", "cert-file", "trusted-ca-file"} {
		values = append(values, s.value(flag))
	}
	return values
}

// addUnknownPrograms records the programs whose content is unknown and that may start etcd.
func (r *reader) addUnknownPrograms(l launch, calls []call) {
	programs := []string{l.program}
	if l.inline {
		programs = nil
		for _, c := range calls {
			if mayStartEtcd(path.Base(c.program)) {
				programs = append(programs, c.program)
			}
		}
	}
	for _, p := range programs {
		text := fmt.Sprintf("the program of image %q", r.container.Image)
		if p != "" {
			text = fmt.Sprintf("the settings with which %s starts etcd (%s)", p, Locate(r.pod.Spec, r.container, p).Text)
		}
		r.unknowns.addSource(text)
	}
}

// script returns the text of a file in the container, if the file is from a ConfigMap and a shell script.
func (r *reader) script(ctx context.Context, file string) (text string, ok bool, err error) {
	if !path.IsAbs(file) {
		if !strings.Contains(file, "/") {
			return "", false, nil // a program in $PATH
		}
		file = path.Join("/", r.container.WorkingDir, file)
	}
	text, why, err := r.file(ctx, file)
	if why != "" || err != nil {
		return "", false, err
	}
	if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "#!") {
		l := newLaunch(strings.Fields(strings.TrimPrefix(first, "#!")))
		return text, isShell(path.Base(l.program)), nil
	}
	return text, true, nil
}

// file returns the text of a file in the container, if the file is from a ConfigMap, or why it cannot be read.
func (r *reader) file(ctx context.Context, file string) (text, why string, err error) {
	l := Locate(r.pod.Spec, r.container, file)
	missing := ""
	for _, at := range append([]Location{l}, l.Also...) {
		if at.Kind != ConfigMap {
			continue
		}
		cm, why, err := r.configMap(ctx, at.Name)
		if err != nil {
			return "", "", err
		}
		if cm == nil {
			return "", at.Text + ", which " + why, nil
		}
		if text, ok := cm.Data[at.Key]; ok {
			return text, "", nil
		}
		if text, ok := cm.BinaryData[at.Key]; ok {
			return string(text), "", nil
		}
		missing = fmt.Sprintf("%s, which has no such key (it has: %s)", at.Text, strings.Join(slices.Sorted(maps.Keys(cm.Data)), ", "))
	}
	if missing != "" && len(l.Also) == 0 {
		r.missingFile = fmt.Sprintf("file %s is %s", file, missing)
		return "", missing, nil
	}
	return "", l.Text, nil
}

// hostNames returns the output of hostname(1) in the container.
func (r *reader) hostNames() hostNames {
	n := hostNames{short: r.hostname(), ip: r.pod.Status.PodIP}
	n.full = n.short
	if spec := r.pod.Spec; spec.Subdomain != "" && spec.HostnameOverride == nil && !spec.HostNetwork {
		n.full += "." + spec.Subdomain + "." + r.pod.Namespace + ".svc." + clusterDomain
	}
	if n.ip == "" {
		n.ip = r.unknowns.mark("the pod's address")
	}
	n.short, _, _ = strings.Cut(n.short, ".")
	return n
}
