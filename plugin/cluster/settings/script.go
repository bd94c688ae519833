package settings

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// calls returns what a script calls, in order, with "?" for what only a shell could tell.
func calls(script string) []launch {
	if !strings.Contains(script, "etcd") {
		return nil
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
	if err != nil {
		return nil
	}
	var found []launch
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			words := make([]string, len(call.Args))
			for i, w := range call.Args {
				words[i] = literal(w)
			}
			found = append(found, newLaunch(words))
		}
		return true
	})
	return found
}

func literal(w *syntax.Word) string {
	var text strings.Builder
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lit:
			text.WriteString(n.Value)
		case *syntax.SglQuoted:
			text.WriteString(n.Value)
		case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst:
			text.WriteString("?")
			return false
		}
		return true
	})
	return text.String()
}

// arguments returns what etcd is started with.
func (r *reader) arguments(env map[string]string) []string {
	expanded := func(words []string) []string {
		out := make([]string, len(words))
		for i, w := range words {
			out[i] = r.expand(w, env)
		}
		return out
	}
	l := launchOf(r.container, expanded(r.container.Command), expanded(r.container.Args))
	if !l.inline {
		return l.args
	}
	for _, call := range calls(l.script) {
		if call.isEtcd() {
			return call.args
		}
	}
	return nil
}
