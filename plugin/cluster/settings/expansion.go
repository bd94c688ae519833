package settings

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// supports reports whether a parameter expansion is of a supported kind and within the cost limit. An operation on an
// unknown value is not supported, so the result is unknown.
func (e environ) supports(p *syntax.ParamExp) bool {
	if p.Param == nil || p.Excl || p.Width || p.IsSet || p.Names != 0 || p.NestedParam != nil {
		return false
	}
	if index, ok := p.Index.(*syntax.Word); p.Index != nil && (!ok || index.Lit() != "@" && index.Lit() != "*") {
		return false
	}
	v := e.Get(p.Param.Value)
	size := 1 + len(v.Str)
	for _, s := range v.List {
		size += 1 + len(s)
	}
	if !e.spend(size) {
		return false
	}
	if p.Length || p.Slice != nil || p.Repl != nil || p.Exp != nil && !handlesUnset(p) {
		all := v.Str + strings.Join(v.List, "")
		if known(all) != all || !e.supportsOperation(p) {
			return false
		}
		size *= int(p.End().Offset() - p.Pos().Offset()) // a pattern is tried at each position
	}
	return e.spend(size)
}

func (e environ) supportsOperation(p *syntax.ParamExp) bool {
	switch {
	case p.Slice != nil:
		return e.isNumeric(p.Slice.Offset) && e.isNumeric(p.Slice.Length)
	case p.Repl != nil:
		// The replacement must be literal, so that the result's size is known.
		return (p.Repl.With == nil || p.Repl.With.Lit() != "") && e.isKnownPattern(p.Repl.Orig)
	case p.Exp != nil:
		return p.Exp.Op != syntax.OtherParamOps && e.isKnownPattern(p.Exp.Word)
	}
	return true
}

// isKnownPattern reports whether a pattern is known. An unknown pattern must not be used: it would seem not to match.
func (e environ) isKnownPattern(pattern *syntax.Word) bool {
	if pattern == nil {
		return true
	}
	ok := true
	syntax.Walk(pattern, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			ok = false
		case *syntax.ParamExp:
			ok = ok && n.Param != nil && e.Get(n.Param.Value).IsSet() && known(e.Get(n.Param.Value).Str) != ""
		}
		return ok
	})
	return ok
}

// handlesUnset reports whether an expansion handles an unset parameter, as ${name:-value} does.
func handlesUnset(p *syntax.ParamExp) bool {
	if p.Exp == nil {
		return false
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AlternateUnset, syntax.AlternateUnsetOrNull,
		syntax.AssignUnset, syntax.AssignUnsetOrNull, syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return true
	}
	return false
}

// isNumeric reports whether all operands of an arithmetic expression are numbers. The expand package would take anything
// else for 0.
func (e environ) isNumeric(x syntax.ArithmExpr) bool {
	if x == nil {
		return true
	}
	ok := true
	number := func(s string) {
		_, err := strconv.Atoi(s)
		ok = ok && err == nil
	}
	syntax.Walk(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			ok = ok && n.Param != nil && n.Index == nil && n.Exp == nil && n.Repl == nil
			if !ok {
				break
			}
			if v := e.Get(n.Param.Value).String(); !n.Length {
				number(v)
			} else {
				ok = known(v) == v
			}
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ExtGlob:
			ok = false
		case *syntax.Lit:
			if syntax.ValidName(n.Value) {
				number(e.Get(n.Value).String())
			} else {
				number(n.Value)
			}
		}
		_, param := n.(*syntax.ParamExp)
		return ok && !param
	})
	return ok
}
