package settings

import (
	"maps"
	"slices"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// scope is what a subshell has of its own.
type scope struct {
	vars      map[string]expand.Variable
	args      []string // $1 and on
	allExport bool     // set -a
	end       end
}

// end says whether a way through the script is over.
type end int

const (
	running  end = iota
	returned     // from a function or a sourced file
	exited
)

func newScope(env map[string]string) *scope {
	vars := make(map[string]expand.Variable, len(env))
	for name, value := range env {
		vars[name] = expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
	}
	return &scope{vars: vars}
}

// aside runs what cannot change the script's own state: a subshell.
func (sh *shell) aside(run func()) {
	outer := sh.scope
	if !sh.spend(len(outer.vars)) {
		return
	}
	sh.scope = outer.clone()
	run()
	sh.scope = outer
}

// either runs all ways that the script may take. What they leave different is unknown after.
func (sh *shell) either(ways ...func()) {
	outer := sh.scope
	var joined *scope
	for _, way := range ways {
		if !sh.spend(len(outer.vars)) {
			break
		}
		sh.scope = outer.clone()
		way()
		switch {
		case sh.end != running:
		case joined == nil:
			joined = sh.scope
		default:
			sh.join(joined, sh.scope)
		}
	}
	if joined == nil { // none goes on
		outer.end = exited
		joined = outer
	}
	sh.scope = joined
}

// join keeps of a scope what is the same in another.
func (sh *shell) join(into, other *scope) {
	for name := range other.vars {
		if _, ok := into.vars[name]; !ok {
			into.vars[name] = expand.Variable{}
		}
	}
	for name, v := range into.vars {
		if o := other.vars[name]; v.Set != o.Set || v.Str != o.Str || !slices.Equal(v.List, o.List) {
			into.vars[name] = sh.unknown(name, v.Exported || o.Exported)
		}
	}
	if !slices.Equal(into.args, other.args) {
		into.args = []string{sh.doubt.mark("$@ in the " + sh.where)}
	}
}

// unknown is a variable whose value could not be told.
func (sh *shell) unknown(name string, exported bool) expand.Variable {
	return expand.Variable{Set: true, Exported: exported, Kind: expand.String, Str: sh.doubt.mark("$" + name + " in the " + sh.where)}
}

// forget makes everything unknown that some part of the script assigns to.
func (sh *shell) forget(part syntax.Node) {
	for _, name := range assigned(part) {
		sh.vars[name] = sh.unknown(name, sh.vars[name].Exported)
	}
}

func (s *scope) clone() *scope {
	copied := *s
	copied.vars = maps.Clone(s.vars)
	return &copied
}
