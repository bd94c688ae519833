package cli

// childrenOfOurs, processes and killProcess find and end nothing: there such a program is ended by whoever started the command.
func childrenOfOurs([]process, string) []int { return nil }

func processes() []process { return nil }

func killProcess(int) {}
