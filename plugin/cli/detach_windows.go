package cli

// detach does nothing: consoles are no files that a program could open behind our back.
func detach() (end func()) { return func() {} }
