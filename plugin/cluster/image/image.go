// Package image parses the image names of containers.
package image

import "strings"

// Split returns the repository, the tag and the digest of an image, each "" if it is missing:
// registry:5000/etcd:v3.7.3@sha256:… is registry:5000/etcd, v3.7.3 and sha256:….
func Split(image string) (repository, tag, digest string) {
	repository, digest, _ = strings.Cut(image, "@")
	slash := strings.LastIndex(repository, "/") // a colon before it belongs to the registry's port
	if colon := strings.LastIndex(repository, ":"); colon > slash {
		repository, tag = repository[:colon], repository[colon+1:]
	}
	return repository, tag, digest
}
