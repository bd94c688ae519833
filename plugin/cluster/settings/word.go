package settings

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// maxExcerpt bounds how much of a script goes into a message.
const maxExcerpt = 60

// environ holds the variables for the expansion of one word. The expansion has no access to files, to this process's
// environment or to its users.
type environ struct {
	*shell
	assumed map[string]string // marks for variables that the spec does not set
}

// Get implements expand.Environ.
func (e environ) Get(name string) expand.Variable {
	value := func(s string) expand.Variable { return expand.Variable{Set: true, Kind: expand.String, Str: s} }
	if v, ok := e.vars[name]; ok {
		return v
	}
	if v, ok := e.assumed[name]; ok {
		return value(v)
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 && n <= len(e.args) {
		return value(e.args[n-1])
	}
	switch {
	case name == "@" || name == "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: e.args}
	case name == "#":
		return value(strconv.Itoa(len(e.args)))
	case strings.HasPrefix(name, "HOME"): // for ~name, the expand package asks for "HOME name"
		return value(e.unknowns.mark("a home directory in the " + e.where))
	}
	return expand.Variable{}
}

// Each implements expand.Environ. The expand package needs it only for ${!prefix*}, which is not supported.
func (e environ) Each(func(string, expand.Variable) bool) {}

// Set implements expand.WriteEnviron, for ${name:=value} and $((name = value)).
func (e environ) Set(name string, v expand.Variable) error {
	if !syntax.ValidName(name) || v.Kind != expand.String || len(v.Str) > maxValue {
		return errors.New("not understood")
	}
	v.Exported = e.vars[name].Exported
	e.vars[name] = v
	return nil
}

// literal expands a word without splitting it, as in an assignment.
func (sh *shell) literal(w *syntax.Word) string { return sh.literalOr(w, false) }

// literalOr is like literal. If empty is true, an unset variable is empty instead of unknown.
func (sh *shell) literalOr(w *syntax.Word, empty bool) string {
	if w == nil {
		return ""
	}
	if config, ok := sh.config(w, empty); ok {
		if text, err := expand.Literal(config, unescape(w)); err == nil {
			return text
		}
	}
	return sh.unknowns.mark(sh.excerpt(w) + " in the " + sh.where)
}

// unescape turns backslash escapes into quotes, because expand.Literal would leave the backslashes in.
func unescape(w *syntax.Word) *syntax.Word {
	out := &syntax.Word{}
	for _, part := range w.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			out.Parts = append(out.Parts, part)
			continue
		}
		before, escaped, found := strings.Cut(lit.Value, `\`)
		for ; found && escaped != ""; before, escaped, found = strings.Cut(escaped, `\`) {
			_, size := utf8.DecodeRuneInString(escaped)
			out.Parts = append(out.Parts, &syntax.Lit{Value: before}, &syntax.SglQuoted{Value: escaped[:size]})
			escaped = escaped[size:]
		}
		out.Parts = append(out.Parts, &syntax.Lit{Value: before})
	}
	return out
}

// fields expands the words of a command. A word that cannot be expanded is unknown. If empty is true, an unset variable
// is empty instead of unknown.
func (sh *shell) fields(words []*syntax.Word, empty bool) []string {
	var fields []string
	for _, w := range words {
		braces := *w // SplitBraces writes to it
		config, ok := sh.config(w, empty)
		if ok && !syntax.SplitBraces(&braces) { // {1..999999999} would expand to too many words
			if split, err := expand.Fields(config, w); err == nil {
				fields = append(fields, split...)
				continue
			}
		}
		fields = append(fields, sh.unknowns.mark(sh.excerpt(w)+" in the "+sh.where))
	}
	return fields
}

// config returns the configuration to expand a word with, or false if the word is not supported or costs too much. An
// unset variable is unknown, because the image may set it, unless the word itself handles unset (${name:-value}) or
// empty is true.
func (sh *shell) config(w *syntax.Word, empty bool) (*expand.Config, bool) {
	env := environ{shell: sh, assumed: map[string]string{}}
	ok := true
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			ok = ok && env.supports(n)
			if ok && !empty && !env.Get(n.Param.Value).IsSet() && !handlesUnset(n) {
				env.assumed[n.Param.Value] = sh.unknowns.mark("$" + n.Param.Value + " in the " + sh.where)
			}
		case *syntax.ArithmExp:
			ok = ok && env.isNumeric(n.X)
		case *syntax.CmdSubst:
			return false // substitute handles it
		case *syntax.ProcSubst, *syntax.ExtGlob:
			ok = false
		}
		return ok
	})
	return &expand.Config{Env: env, CmdSubst: sh.substitute}, ok
}

// hostNames are the outputs of hostname(1) in a pod: without options, with -f and with -i.
type hostNames struct{ short, full, ip string }

// substitute writes the output of a command substitution: the host name or address for the commands that print them, a
// mark for any other.
func (sh *shell) substitute(out io.Writer, c *syntax.CmdSubst) error {
	text := sh.unknowns.mark(sh.excerpt(c) + " in the " + sh.where)
	if len(c.Stmts) == 1 {
		if call, ok := c.Stmts[0].Cmd.(*syntax.CallExpr); ok && len(call.Assigns) == 0 {
			words := make([]string, len(call.Args))
			for i, w := range call.Args {
				words[i] = w.Lit()
			}
			switch strings.Join(words, " ") {
			case "hostname", "hostname -s", "hostname --short", "uname -n", "cat /etc/hostname":
				text = sh.names.short
			case "hostname -f", "hostname --fqdn":
				text = sh.names.full
			case "hostname -i", "hostname -I":
				text = sh.names.ip
			}
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

// excerpt returns a node's text in the script, at most maxExcerpt characters.
func (sh *shell) excerpt(n syntax.Node) string {
	from, to := min(n.Pos().Offset(), uint(len(sh.text))), min(n.End().Offset(), uint(len(sh.text)))
	text := strings.Join(strings.Fields(sh.text[from:max(from, to)]), " ")
	if runes := []rune(text); len(runes) > maxExcerpt {
		return string(runes[:maxExcerpt]) + "…"
	}
	return text
}
