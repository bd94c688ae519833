package settings

import (
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// callExpr follows a simple command: assignments without a program, or a program with assignments for its environment.
func (sh *shell) callExpr(c *syntax.CallExpr) truth {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			sh.assign(a, false)
		}
		return yes
	}
	// In a test an unset variable is empty: such tests usually ask whether it is set.
	name := c.Args[0].Lit()
	words := sh.fields(c.Args, name == "[" || name == "test")
	if len(words) == 0 {
		return maybe
	}
	if len(c.Assigns) == 0 {
		return sh.builtin(words)
	}
	outer := sh.scope
	status := maybe
	sh.inSubshell(func() {
		for _, a := range c.Assigns {
			sh.assign(a, true)
		}
		status = sh.builtin(words)
		outer.end = sh.end
	})
	return status
}

// builtin follows a shell builtin. Any other command is a function or a program.
func (sh *shell) builtin(words []string) truth {
	args := words[1:]
	switch words[0] {
	case "exit":
		sh.end = exited
	case "return":
		sh.end = returned
	case "exec":
		if len(args) > 0 {
			sh.start(newLaunch(args))
			sh.end = exited
		}
	case "true", ":":
		return yes
	case "false":
		return no
	case "[":
		if len(args) > 0 {
			return test(args[:len(args)-1])
		}
	case "test":
		return test(args)
	case "set":
		sh.set(args)
	case "shift", "unset", "read":
		sh.change(words[0], args)
	case "eval":
		sh.run(strings.Join(args, " "))
	case ".", "source":
		if len(args) > 0 {
			sh.source(args[0])
		}
	default:
		return sh.program(words)
	}
	return maybe
}

// change follows the builtins that remove variables or arguments, or read variables from input.
func (sh *shell) change(builtin string, args []string) {
	if builtin == "shift" {
		n := 1
		if len(args) > 0 {
			n, _ = strconv.Atoi(args[0])
		}
		sh.args = sh.args[min(max(n, 0), len(sh.args)):]
		return
	}
	for _, name := range args {
		switch {
		case !syntax.ValidName(name): // an option
		case builtin == "unset":
			delete(sh.vars, name)
		default:
			sh.vars[name] = sh.unknown(name, sh.vars[name].Exported)
		}
	}
}

func (sh *shell) program(words []string) truth {
	body, ok := sh.functions[words[0]]
	if !ok {
		sh.start(newLaunch(words))
		return maybe
	}
	outer := sh.args
	sh.args = words[1:]
	status := sh.statement(body)
	sh.args = outer
	if sh.end == returned {
		sh.end = running
		return maybe
	}
	return status
}

func (sh *shell) source(file string) {
	if text, ok := sh.open(file); ok {
		sh.run(text)
	}
	if sh.end == returned {
		sh.end = running
	}
}

// start follows a program that is started. It follows a script if it can read it, and records any other program.
func (sh *shell) start(l launch) {
	script, args := l.script, l.args
	if !l.inline {
		text, ok := sh.open(l.program)
		if !ok || path.Base(l.program) == "etcd" {
			c := call{launch: l, background: sh.background > 0}
			if l.isEtcd() {
				c.env = sh.environment()
			}
			sh.calls = append(sh.calls, c)
			return
		}
		script = text
	} else if len(args) > 0 {
		args = args[1:] // without $0
	}
	sh.inSubshell(func() {
		sh.args = args
		sh.run(script)
	})
}

// environment returns the exported variables.
func (sh *shell) environment() map[string]string {
	env := map[string]string{}
	sh.spend(len(sh.vars))
	for name, v := range sh.vars {
		if v.Exported && v.Set && v.Kind == expand.String {
			env[name] = v.Str
		}
	}
	return env
}

// set follows the options of the builtin "set" that concern variables: -a (allexport), and new positional arguments.
func (sh *shell) set(args []string) {
	for i, a := range args {
		switch {
		case a == "--":
			sh.args = args[i+1:]
			return
		case a == "allexport" && i > 0:
			sh.allExport = args[i-1] == "-o"
		case strings.HasPrefix(a, "-"):
			sh.allExport = sh.allExport || strings.Contains(a, "a")
		case a == "+a":
			sh.allExport = false
		}
	}
}

// declare follows export, local, readonly and similar declarations.
func (sh *shell) declare(c *syntax.DeclClause) {
	exported := c.Variant.Value == "export"
	for _, a := range c.Args {
		switch {
		case a.Name == nil: // an option, or a quoted assignment
			text := sh.literal(a.Value)
			exported = exported || strings.HasPrefix(text, "-") && strings.Contains(text, "x")
			if name, value, ok := strings.Cut(text, "="); ok && syntax.ValidName(name) {
				sh.vars[name] = expand.Variable{Set: true, Exported: exported, Kind: expand.String, Str: value}
			}
		case !a.Naked:
			sh.assign(a, exported)
		default:
			if v, ok := sh.vars[a.Name.Value]; ok {
				v.Exported = v.Exported || exported
				sh.vars[a.Name.Value] = v
			}
		}
	}
}

func (sh *shell) assign(a *syntax.Assign, exported bool) {
	name := a.Name.Value
	old := sh.vars[name]
	v := expand.Variable{Set: true, Exported: old.Exported || exported || sh.allExport, Kind: expand.String}
	switch {
	case a.Index != nil || a.Append && a.Array == nil && old.Kind == expand.Indexed:
		v = sh.unknown(name, v.Exported)
	case a.Array != nil:
		v.Kind = expand.Indexed
		if a.Append {
			v.List = old.List
		}
		for _, e := range a.Array.Elems {
			if e.Index != nil || e.Value == nil || !sh.spend(len(v.List)) {
				v = sh.unknown(name, v.Exported)
				break
			}
			v.List = append(v.List[:len(v.List):len(v.List)], sh.fields([]*syntax.Word{e.Value}, false)...)
		}
	case a.Append:
		v.Str = old.Str + sh.literal(a.Value)
	default:
		v.Str = sh.literal(a.Value)
	}
	if len(v.Str) > maxValue {
		v = sh.unknown(name, v.Exported)
	}
	sh.vars[name] = v
}
