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

// environ is what the expansion of one word sees, and all that it sees: neither files, nor this process's environment,
// nor its users.
type environ struct {
	*shell
	assumed map[string]string // unset, as far as the spec tells
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
	case strings.HasPrefix(name, "HOME"): // "HOME name" is that user's, for ~name
		return value(e.doubt.mark("a home directory in the " + e.where))
	}
	return expand.Variable{}
}

// Each implements expand.Environ. It serves ${!prefix*} alone, which is not understood.
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

// literal expands what is assigned: one word, which is not split.
func (sh *shell) literal(w *syntax.Word) string { return sh.literalOr(w, false) }

// literalOr is like literal, and on demand takes what is nowhere set for empty.
func (sh *shell) literalOr(w *syntax.Word, empty bool) string {
	if w == nil {
		return ""
	}
	if config, ok := sh.config(w, empty); ok {
		if text, err := expand.Literal(config, unescape(w)); err == nil {
			return text
		}
	}
	return sh.doubt.mark(sh.excerpt(w) + " in the " + sh.where)
}

// unescape makes quotes of a word's backslashes, which expand.Literal would leave.
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

// fields expands the words of a command. Those that cannot be expanded are unknown.
func (sh *shell) fields(words []*syntax.Word, empty bool) []string {
	var fields []string
	for _, w := range words {
		braces := *w // SplitBraces writes to it
		config, ok := sh.config(w, empty)
		if ok && !syntax.SplitBraces(&braces) { // {1..999999999} is one word, and too many
			if split, err := expand.Fields(config, w); err == nil {
				fields = append(fields, split...)
				continue
			}
		}
		fields = append(fields, sh.doubt.mark(sh.excerpt(w)+" in the "+sh.where))
	}
	return fields
}

// config returns what a word is expanded with, or false where it holds what is not understood or costs too much. A
// variable that is nowhere set is unknown: it may come with the image. Only where the word itself says what unset
// means, it is that.
func (sh *shell) config(w *syntax.Word, empty bool) (*expand.Config, bool) {
	env := environ{shell: sh, assumed: map[string]string{}}
	ok := true
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			ok = ok && env.understands(n)
			if ok && !empty && !env.Get(n.Param.Value).IsSet() && !forUnset(n) {
				env.assumed[n.Param.Value] = sh.doubt.mark("$" + n.Param.Value + " in the " + sh.where)
			}
		case *syntax.ArithmExp:
			ok = ok && env.computes(n.X)
		case *syntax.CmdSubst:
			return false // see substitute
		case *syntax.ProcSubst, *syntax.ExtGlob:
			ok = false
		}
		return ok
	})
	return &expand.Config{Env: env, CmdSubst: sh.substitute}, ok
}

// hostNames are the pod's answers to hostname(1).
type hostNames struct{ short, full, ip string }

// substitute answers the few commands whose output the pod's spec tells.
func (sh *shell) substitute(out io.Writer, c *syntax.CmdSubst) error {
	text := sh.doubt.mark(sh.excerpt(c) + " in the " + sh.where)
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

// excerpt is a part of the script as it stands there.
func (sh *shell) excerpt(n syntax.Node) string {
	from, to := min(n.Pos().Offset(), uint(len(sh.text))), min(n.End().Offset(), uint(len(sh.text)))
	text := strings.Join(strings.Fields(sh.text[from:max(from, to)]), " ")
	if runes := []rune(text); len(runes) > maxExcerpt {
		return string(runes[:maxExcerpt]) + "…"
	}
	return text
}
