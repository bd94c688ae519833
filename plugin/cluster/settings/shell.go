package settings

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits of a script. Real scripts have a few KiB and some hundred steps. A malicious one could exhaust the stack (the
// parser recurses and takes 4 KiB for each bracket in arithmetic), or the memory by doubling a variable repeatedly.
const (
	maxScript   = 64 << 10 // bytes
	maxBrackets = 4096
	maxDepth    = 500 // statements within statements
	maxValue    = 32 << 10
	maxSteps    = 1 << 20 // characters of variables handled: half a second at most
	oneStep     = 100     // the cost of one statement, in the unit of maxSteps
)

// shell interprets a script to find how it calls etcd. It runs nothing. It follows known variables and conditions, takes
// both branches of an unknown condition, and treats variables that a loop assigns as unknown.
type shell struct {
	*scope
	unknowns   *unknowns
	where      string                           // for messages: script of container "etcd"
	names      hostNames                        // the output of hostname(1)
	open       func(path string) (string, bool) // returns the text of a script file, if it can be read
	functions  map[string]*syntax.Stmt
	text       string // of the script, for messages
	steps      int
	depth      int
	background int    // the number of enclosing background statements
	calls      []call // in order
}

// call is a program that a script calls, with its environment.
type call struct {
	launch
	env        map[string]string // of etcd only
	background bool              // in the background
}

// truth is an exit status: success (yes), failure (no) or unknown (maybe).
type truth int

const (
	no truth = iota
	maybe
	yes
)

// spend adds n to the script's cost and reports whether it is within the limit. A negative n exceeds the limit at once.
func (sh *shell) spend(n int) bool {
	if sh.steps += n; n < 0 || sh.steps > maxSteps {
		sh.steps = maxSteps + 1
		sh.unknowns.addSource(sh.where + ", which takes too long to follow")
		return false
	}
	return true
}

// run follows a script.
func (sh *shell) run(text string) {
	if !sh.spend(len(text)) {
		return
	}
	file, why := parse(text)
	if file == nil {
		sh.unknowns.addSource(sh.where + ", which " + why)
		return
	}
	outer := sh.text
	sh.text = text
	sh.statements(file.Stmts)
	sh.text = outer
}

// parse returns the script's syntax tree, or why there is none.
func parse(text string) (*syntax.File, string) {
	if len(text) > maxScript {
		return nil, fmt.Sprintf("is larger than %d KiB", maxScript>>10)
	}
	if strings.Count(text, "(")+strings.Count(text, "{")+strings.Count(text, "[") > maxBrackets {
		return nil, "has too many brackets to follow"
	}
	// Bash's syntax is a superset of sh's in everything that this package follows.
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
		sh.background++
		sh.inSubshell(func() { sh.command(s.Cmd) })
		sh.background--
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
		sh.inSubshell(func() { sh.statements(c.Stmts) })
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
		if c.Name != nil { // the parser accepts a function without a name: "()a"
			sh.functions[c.Name.Value] = c.Body
		}
	case *syntax.TestClause:
		return sh.testClause(c.X)
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return sh.statement(c.Stmt)
		}
	case *syntax.ArithmCmd, *syntax.LetClause:
		sh.forgetAssigned(c)
	}
	return maybe
}
