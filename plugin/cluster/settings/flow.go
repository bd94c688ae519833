package settings

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (sh *shell) ifClause(c *syntax.IfClause) {
	then := func() { sh.statements(c.Then) }
	if len(c.Cond) == 0 { // an "else"
		then()
		return
	}
	otherwise := func() {
		if c.Else != nil {
			sh.ifClause(c.Else)
		}
	}
	switch sh.statements(c.Cond) {
	case yes:
		then()
	case no:
		otherwise()
	default:
		sh.branch(then, otherwise)
	}
}

func (sh *shell) caseClause(c *syntax.CaseClause) {
	word := sh.literal(c.Word)
	var branches []func()
	sure := false
	for _, item := range c.Items {
		match := no
		for _, p := range item.Patterns {
			match = max(match, sh.matches(word, sh.literal(p)))
		}
		if match != no {
			branches = append(branches, func() { sh.statements(item.Stmts) })
		}
		if sure = match == yes; sure {
			break
		}
	}
	if !sure {
		branches = append(branches, func() {})
	}
	if len(branches) == 1 {
		branches[0]()
		return
	}
	sh.branch(branches...)
}

// matches compares a word with a pattern. Only "*" and patterns without wildcards are supported.
func (sh *shell) matches(word, pattern string) truth {
	switch {
	case pattern == "*":
		return yes
	case known(word) != word || known(pattern) != pattern || strings.ContainsAny(pattern, "*?["):
		return maybe
	case word == pattern:
		return yes
	}
	return no
}

// loop follows a loop's body once, because a script may start etcd in it. What the loop assigns is unknown, because
// earlier rounds may have changed it.
func (sh *shell) loop(c syntax.Command, round func()) {
	sh.forgetAssigned(c)
	sh.branch(round, func() {})
}

func (sh *shell) binary(c *syntax.BinaryCmd) truth {
	switch c.Op {
	case syntax.AndStmt:
		return sh.and(c)
	case syntax.OrStmt:
		switch status := sh.statement(c.X); status {
		case yes:
			return yes
		case no:
			return sh.statement(c.Y)
		default:
			sh.branch(func() { sh.statement(c.Y) }, func() {})
			return maybe
		}
	}
	sh.inSubshell(func() { sh.statement(c.X) }) // a pipe
	sh.inSubshell(func() { sh.statement(c.Y) })
	return maybe
}

// and follows "a && b && c" as a whole: if c runs, the assignments of a and b have happened.
func (sh *shell) and(c *syntax.BinaryCmd) truth {
	chain := []*syntax.Stmt{c.Y}
	for {
		x, ok := c.X.Cmd.(*syntax.BinaryCmd)
		if !ok || x.Op != syntax.AndStmt || c.X.Negated {
			break
		}
		c = x
		chain = append(chain, c.Y)
	}
	chain = append(chain, c.X)
	status := yes
	for i := len(chain) - 1; i >= 0 && status == yes; i-- {
		status = sh.statement(chain[i])
		if status == maybe && i > 0 {
			sh.branch(func() { sh.chain(chain[:i]) }, func() {})
		}
	}
	return status
}

// chain follows the rest of a chain, given in reverse order, as if every command with an unknown status succeeds.
func (sh *shell) chain(rest []*syntax.Stmt) {
	for i := len(rest) - 1; i >= 0 && sh.end == running; i-- {
		if sh.statement(rest[i]) == no {
			return
		}
	}
}

// assigned returns the names of the variables that a part of a script assigns to.
func assigned(part syntax.Node) []string {
	var names []string
	arithmetic := func(x syntax.ArithmExpr) {
		if w, ok := x.(*syntax.Word); ok && syntax.ValidName(w.Lit()) {
			names = append(names, w.Lit())
		}
	}
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				names = append(names, n.Name.Value)
			}
		case *syntax.WordIter:
			names = append(names, n.Name.Value)
		case *syntax.UnaryArithm:
			arithmetic(n.X)
		case *syntax.BinaryArithm:
			arithmetic(n.X)
		case *syntax.CallExpr:
			if len(n.Args) > 0 && n.Args[0].Lit() == "read" {
				for _, w := range n.Args[1:] {
					if syntax.ValidName(w.Lit()) {
						names = append(names, w.Lit())
					}
				}
			}
		}
		return true
	})
	return names
}
