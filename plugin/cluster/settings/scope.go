package settings

import (
	"maps"
	"slices"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// scope is the state that a subshell has a copy of.
type scope struct {
	vars      map[string]expand.Variable
	args      []string // $1 and on
	allExport bool     // set -a
	end       end
}

// end is how a path through the script has ended, or running.
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

// inSubshell calls run with a copy of the scope, as a subshell has: it cannot change the script's own state.
func (sh *shell) inSubshell(run func()) {
	outer := sh.scope
	if !sh.spend(len(outer.vars)) {
		return
	}
	sh.scope = outer.clone()
	run()
	sh.scope = outer
}

// branch follows all branches that the script may take, each from the same state. A variable that differs between them
// is unknown afterwards. Branches that end the script do not count, and those that return from a function count only if
// no branch runs on.
func (sh *shell) branch(branches ...func()) {
	outer := sh.scope
	joined := map[end]*scope{}
	for _, follow := range branches {
		if !sh.spend(len(outer.vars)) {
			break
		}
		sh.scope = outer.clone()
		follow()
		switch before := joined[sh.end]; {
		case sh.end == exited:
		case before == nil:
			joined[sh.end] = sh.scope
		default:
			sh.join(before, sh.scope)
		}
	}
	for _, ended := range []end{running, returned} {
		if joined[ended] != nil {
			sh.scope = joined[ended]
			return
		}
	}
	outer.end = exited
	sh.scope = outer
}

// join makes every variable of into unknown that differs in other, and the arguments too.
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
		into.args = []string{sh.unknowns.mark("$@ in the " + sh.where)}
	}
}

// unknown returns a variable with an unknown value.
func (sh *shell) unknown(name string, exported bool) expand.Variable {
	return expand.Variable{Set: true, Exported: exported, Kind: expand.String, Str: sh.unknowns.mark("$" + name + " in the " + sh.where)}
}

// forgetAssigned makes every variable unknown that this part of the script assigns to.
func (sh *shell) forgetAssigned(part syntax.Node) {
	for _, name := range assigned(part) {
		sh.vars[name] = sh.unknown(name, sh.vars[name].Exported)
	}
}

func (s *scope) clone() *scope {
	copied := *s
	copied.vars = maps.Clone(s.vars)
	return &copied
}
