package settings

import (
	"fmt"
	"path"
	"strings"
)

// launch is the program that a command line starts.
type launch struct {
	program string   // "" if the command line is empty
	args    []string // of the program, or of the script
	script  string   // the script that a shell gets with -c
	oneWord bool     // the program and its arguments are one word with spaces, which no container can start
	inline  bool     // the command line has a script
}

// newLaunch returns the program that a command line starts in the end: it skips programs that only start another one.
// If a shell runs a file, that file is the program.
func newLaunch(words []string) launch {
	for len(words) > 0 {
		program := words[0]
		switch name := path.Base(program); {
		case isShell(name):
			return shellLaunch(words)
		case isStarter(name) && len(words) > 1:
			words = words[1:]
			if name == "gosu" || name == "su-exec" {
				words = words[1:] // the user
			}
			words = skipOptions(words)
		default:
			if fields := strings.Fields(program); len(fields) > 1 && path.Base(fields[0]) == "etcd" {
				return launch{program: fields[0], args: append(fields[1:], words[1:]...), oneWord: true}
			}
			return launch{program: program, args: words[1:]}
		}
	}
	return launch{}
}

// shellLaunch parses a shell's command line: options, in one word or several, then a script or a file.
func shellLaunch(words []string) launch {
	l := launch{program: words[0]}
	words = words[1:]
	for len(words) > 0 && len(words[0]) > 1 && strings.ContainsAny(words[0][:1], "-+") {
		option := words[0]
		words = words[1:]
		if strings.HasPrefix(option, "--") {
			continue
		}
		l.inline = l.inline || strings.Contains(option, "c")
		if strings.HasSuffix(option, "o") && len(words) > 0 {
			words = words[1:] // -o pipefail
		}
	}
	if len(words) == 0 {
		return launch{program: l.program}
	}
	if l.inline {
		l.script, l.args = words[0], words[1:]
		return l
	}
	return launch{program: words[0], args: words[1:]}
}

func isShell(name string) bool {
	switch name {
	case "sh", "bash", "ash", "dash", "ksh":
		return true
	}
	return false
}

// isStarter reports whether a program runs the one that its arguments name.
func isStarter(name string) bool {
	switch name {
	case "exec", "command", "env", "nice", "ionice", "nohup", "time", "timeout", "chrt", "taskset", "stdbuf", "setpriv", "sudo",
		"gosu", "su-exec", "tini", "dumb-init", "catatonit", "busybox", "go-runner", "entrypoint.sh", "docker-entrypoint.sh":
		return true
	}
	return false
}

// skipOptions skips the starter's own arguments: options, assignments and numbers.
func skipOptions(words []string) []string {
	for len(words) > 0 {
		w := words[0]
		assignment := strings.Contains(w, "=") && !strings.HasPrefix(w, "/")
		if w != "" && !strings.HasPrefix(w, "-") && !assignment && (w[0] < '0' || w[0] > '9') {
			return words
		}
		words = words[1:]
	}
	return nil
}

// isEtcd reports whether the program is etcd, started as a server.
func (l launch) isEtcd() bool {
	return path.Base(l.program) == "etcd" && !l.inline && (len(l.args) == 0 || !isProxy(l.args[0]))
}

// fault returns why etcd cannot start with this command line, or "".
func (l launch) fault() string {
	if l.oneWord {
		return "the command is one word with spaces in it: make each of its words an element of the list"
	}
	for _, a := range l.args {
		flag, _, _ := strings.Cut(a, "=")
		if name, _, spaced := strings.Cut(strings.TrimSpace(flag), " "); spaced && strings.HasPrefix(name, "-") {
			return fmt.Sprintf("flag %s and its value are one word with a space in it: write %s=VALUE, or make two elements of the list", name, name)
		}
	}
	return ""
}
