package judge

import "time"

// ExpiresSoon is how long before its expiry a certificate counts as expiring soon. That leaves time to find out why it was
// not renewed.
const ExpiresSoon = 30 * 24 * time.Hour
