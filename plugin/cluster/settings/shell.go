package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// What a script may cost. Real ones are a few KiB and some hundred steps; one made for it could otherwise exhaust the
// stack (the parser recurses, 4 KiB for a bracket in arithmetic) or, doubling a variable again and again, the memory.
const (
	maxScript   = 64 << 10 // bytes
	maxBrackets = 4096
	maxDepth    = 500 // statements within statements
	maxValue    = 32 << 10
	maxSteps    = 4 << 20 // characters of variables handled: under a second
	oneStep     = 100     // what a statement costs of these
)

// shell goes through a script to find how it calls etcd, without running anything: it follows variables and
// conditions as far as these are known, takes both ways where they are not, and forgets what loops change.
type shell struct {
	*scope
	doubt     *doubt
	where     string                           // of people: script of container "etcd"
	names     hostNames                        // what hostname(1) answers
	open      func(path string) (string, bool) // a script in a file, if it can be had
	functions map[string]*syntax.Stmt
	text      string // of the script, for messages
	steps     int
	depth     int
	behind    int    // how many statements that are not waited for this is within
	calls     []call // in order
}

// call is a program that a script calls, and the environment that it has then.
type call struct {
	launch
	env    map[string]string // of etcd only
	behind bool              // not waited for
}

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

// truth is what is known of an exit status.
type truth int

const (
	no truth = iota
	maybe
	yes
)

func newScope(env map[string]string) *scope {
	vars := make(map[string]expand.Variable, len(env))
	for name, value := range env {
		vars[name] = expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
	}
	return &scope{vars: vars}
}

// spend takes from what the script may cost, and reports whether there is something left.
func (sh *shell) spend(n int) bool {
	if sh.steps += n; n < 0 || sh.steps > maxSteps {
		sh.steps = maxSteps + 1
		sh.doubt.source(sh.where + ", which takes too long to follow")
		return false
	}
	return true
}

// run goes through a script.
func (sh *shell) run(text string) {
	if !sh.spend(len(text)) {
		return
	}
	file, why := parse(text)
	if file == nil {
		sh.doubt.source(sh.where + ", which " + why)
		return
	}
	outer := sh.text
	sh.text = text
	sh.statements(file.Stmts)
	sh.text = outer
}

// parse returns the script's syntax, or why it cannot be had.
func parse(text string) (*syntax.File, string) {
	if len(text) > maxScript {
		return nil, fmt.Sprintf("is larger than %d KiB", maxScript>>10)
	}
	if strings.Count(text, "(")+strings.Count(text, "{")+strings.Count(text, "[") > maxBrackets {
		return nil, "has too many brackets to follow"
	}
	// Bash's syntax is a superset of sh's for all that matters here.
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, fmt.Sprintf("is not understood (%v)", err)
	}
	return file, ""
}

func (sh *shell) statements(list []*syntax.Stmt) truth {
	last := yes
	for _, s := range list {
		if sh.end != running || !sh.spend(oneStep) {
			return maybe
		}
		last = sh.statement(s)
	}
	return last
}

func (sh *shell) statement(s *syntax.Stmt) truth {
	if sh.depth++; sh.depth > maxDepth {
		sh.spend(-1)
	}
	defer func() { sh.depth-- }()
	if s.Cmd == nil || sh.steps > maxSteps {
		return maybe
	}
	if s.Background || s.Coprocess {
		sh.behind++
		sh.aside(func() { sh.command(s.Cmd) })
		sh.behind--
		return yes
	}
	status := sh.command(s.Cmd)
	if s.Negated {
		return yes - status
	}
	return status
}

func (sh *shell) command(c syntax.Command) truth {
	switch c := c.(type) {
	case *syntax.CallExpr:
		return sh.callExpr(c)
	case *syntax.DeclClause:
		sh.declare(c)
		return yes
	case *syntax.Block:
		return sh.statements(c.Stmts)
	case *syntax.Subshell:
		sh.aside(func() { sh.statements(c.Stmts) })
	case *syntax.IfClause:
		sh.ifClause(c)
	case *syntax.CaseClause:
		sh.caseClause(c)
	case *syntax.WhileClause:
		sh.loop(c, func() { sh.statements(c.Cond); sh.statements(c.Do) })
	case *syntax.ForClause:
		sh.loop(c, func() { sh.statements(c.Do) })
	case *syntax.BinaryCmd:
		return sh.binary(c)
	case *syntax.FuncDecl:
		if c.Name != nil { // the parser lets one without through: "()a"
			sh.functions[c.Name.Value] = c.Body
		}
	case *syntax.TestClause:
		return sh.testClause(c.X)
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return sh.statement(c.Stmt)
		}
	case *syntax.ArithmCmd, *syntax.LetClause:
		sh.forget(c)
	}
	return maybe
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
