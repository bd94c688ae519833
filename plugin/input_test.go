package plugin

import "testing"

func TestDeclined(t *testing.T) {
	var declined error = declinedError{"no", "yes"}
	if declined.Error() != `"no" is not "yes": nothing was changed` {
		t.Errorf("where nothing was: %v", declined)
	}
}
