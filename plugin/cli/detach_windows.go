package cli

// detach does nothing on Windows, which has no /dev/tty.
func detach() (end func()) { return func() {} }
