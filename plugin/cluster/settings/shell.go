package settings

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// What a script may cost. Real ones are a few KiB and some hundred steps; one made for it could otherwise exhaust the
// stack (the parser recurses, 4 KiB for a bracket in arithmetic) or, doubling a variable again and again, the memory.
const (
	maxScript   = 64 << 10 // bytes
	maxBrackets = 4096
	maxDepth    = 500 // statements within statements
	maxValue    = 32 << 10
	maxSteps    = 1 << 20 // characters of variables handled: half a second at most
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

// truth is what is known of an exit status.
type truth int

const (
	no truth = iota
	maybe
	yes
)

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
