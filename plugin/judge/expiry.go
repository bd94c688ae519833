package judge

import "time"

// ExpiresSoon is how long before its end a certificate is to be renewed: while there is still time to find out why it was
// not.
const ExpiresSoon = 30 * 24 * time.Hour
