package settings

import (
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// test evaluates the conditions of test(1) on text and numbers. Conditions on files are unknown (maybe).
func test(words []string) truth {
	for _, w := range words {
		if known(w) != w {
			return maybe
		}
	}
	switch {
	case len(words) > 1 && words[0] == "!":
		return yes - test(words[1:])
	case len(words) == 1:
		return truthOf(words[0] != "")
	case len(words) == 2 && words[0] == "-z":
		return truthOf(words[1] == "")
	case len(words) == 2 && words[0] == "-n":
		return truthOf(words[1] != "")
	case len(words) == 3:
		return compare(words[0], words[1], words[2])
	}
	return maybe
}

func compare(a, op, b string) truth {
	switch op {
	case "=", "==":
		return truthOf(a == b)
	case "!=":
		return truthOf(a != b)
	}
	x, err := strconv.Atoi(a)
	if err != nil {
		return maybe
	}
	y, err := strconv.Atoi(b)
	if err != nil {
		return maybe
	}
	switch op {
	case "-eq":
		return truthOf(x == y)
	case "-ne":
		return truthOf(x != y)
	case "-lt":
		return truthOf(x < y)
	case "-le":
		return truthOf(x <= y)
	case "-gt":
		return truthOf(x > y)
	case "-ge":
		return truthOf(x >= y)
	}
	return maybe
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// testClause evaluates a condition in double brackets: the conditions of test, with &&, || and !.
func (sh *shell) testClause(x syntax.TestExpr) truth {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return sh.testClause(x.X)
	case *syntax.Word:
		return test([]string{sh.operand(x)})
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return yes - sh.testClause(x.X)
		}
		return test([]string{x.Op.String(), sh.operand(x.X)})
	case *syntax.BinaryTest:
		switch x.Op {
		case syntax.AndTest:
			return min(sh.testClause(x.X), sh.testClause(x.Y))
		case syntax.OrTest:
			return max(sh.testClause(x.X), sh.testClause(x.Y))
		case syntax.TsMatch, syntax.TsMatchShort:
			return sh.matches(sh.operand(x.X), sh.operand(x.Y))
		case syntax.TsNoMatch:
			return yes - sh.matches(sh.operand(x.X), sh.operand(x.Y))
		}
		return test([]string{sh.operand(x.X), x.Op.String(), sh.operand(x.Y)})
	}
	return maybe
}

// operand expands a word of a test. An unset variable is empty there.
func (sh *shell) operand(x syntax.TestExpr) string {
	w, ok := x.(*syntax.Word)
	if !ok {
		return sh.unknowns.mark("a condition in the " + sh.where)
	}
	return sh.literalOr(w, true)
}
