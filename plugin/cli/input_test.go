package cli

import "testing"

func TestDeclined(t *testing.T) {
	var declined error = DeclinedError{"no", "yes"}
	if declined.Error() != `"no" is not "yes": nothing was changed` {
		t.Errorf("where nothing was: %v", declined)
	}
}
