package kustomize

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/version"

	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

const (
	// maxNameLength leaves room for the suffix that Kubernetes appends: the label
	// controller-revision-hash has the StatefulSet's name, a dash and up to ten
	// characters, and a label's value has at most 63.
	maxNameLength = 52
	// maxReplicas is the largest member count without --force. Every write waits for a
	// majority, so more voters make etcd slower, and more than seven hardly make it
	// safer (https://etcd.io/docs/latest/faq/).
	maxReplicas = 7
	// maxForcedReplicas is the largest member count with --force.
	maxForcedReplicas = 99
)

// Validate returns all invalid options in one joined error, each with its remedy, or nil.
func (o Options) Validate() error {
	return errors.Join(
		validateName(o.Name),
		validateNamespace(o.Namespace),
		validateOverlay(o.Overlay),
		validateReplicas(o.Replicas, o.Force || o.Kept.Replicas),
		o.validateStorage(),
		o.validateQuota(),
		validateStorageClass(o.StorageClass),
		validateVersion(o.EtcdVersion),
		validateImage(o.Image),
		o.validateExpose(),
		o.validateTLS(),
	)
}

func validateName(name string) error {
	if name == "" {
		return nil
	}
	// The name becomes a Service's name and part of the host names in peer URLs.
	if errs := validation.IsDNS1035Label(name); len(errs) > 0 {
		return fmt.Errorf("invalid cluster name %q (use lower-case letters, digits and dashes, a letter first)", name)
	}
	if len(name) > maxNameLength {
		return fmt.Errorf("cluster name %q has %d characters (use at most %d, Kubernetes appends to it)", name, len(name), maxNameLength)
	}
	if strings.HasSuffix(name, "-client") {
		return fmt.Errorf("invalid cluster name %q (use another ending, the client Service of cluster %q has this name)",
			name, strings.TrimSuffix(name, "-client"))
	}
	return nil
}

func validateNamespace(namespace string) error {
	if namespace == "" {
		return nil
	}
	if errs := validation.IsDNS1123Label(namespace); len(errs) > 0 {
		return fmt.Errorf("invalid namespace %q (use at most 63 lower-case letters, digits and dashes)", namespace)
	}
	return nil
}

func validateOverlay(name string) error {
	names, err := overlayNames()
	if err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("no overlay given (choose one of %s)", strings.Join(names, ", "))
	}
	if !slices.Contains(names, name) {
		return unknownOverlayError{name, names}
	}
	return nil
}

// unknownOverlayError gives the caller the existing names, so that it can suggest a similar one.
type unknownOverlayError struct {
	name  string
	known []string
}

func (e unknownOverlayError) Error() string {
	return fmt.Sprintf("unknown overlay %q (choose one of %s)", e.name, strings.Join(e.known, ", "))
}

// Unknown returns the unknown name and the existing ones.
func (e unknownOverlayError) Unknown() (name string, known []string) { return e.name, e.known }

func validateReplicas(n int, force bool) error {
	switch {
	case n == 0:
		return nil
	case n < 0 || n > maxForcedReplicas:
		return fmt.Errorf("invalid member count %d (use 1, 3, 5 or 7)", n)
	case force:
		return nil
	case n > maxReplicas:
		return fmt.Errorf("%d members: every write waits for %d of them, so more members are slower (use at most %d, or --force)",
			n, quorum(n), maxReplicas)
	case n%2 == 0:
		return fmt.Errorf("%d members need %d for a quorum and survive the loss of %d, as %d members do, but have one more member that can fail (use %d or %d, or --force)",
			n, quorum(n), n-quorum(n), n-1, n-1, n+1)
	}
	return nil
}

func quorum(n int) int { return n/2 + 1 }

// validateStorage refuses a volume that is too small for the default quota. If the user sets a quota, validateQuota
// compares that with the volume instead.
func (o Options) validateStorage() error {
	if o.Storage == "" {
		return nil
	}
	q, err := resource.ParseQuantity(o.Storage)
	if err != nil || q.Sign() <= 0 {
		return fmt.Errorf("invalid storage size %q (use a quantity like 8Gi)", o.Storage)
	}
	least := leastVolume(resource.MustParse(defaultQuota))
	if q.Cmp(least) < 0 && o.Quota == "" && !o.Force && !o.Kept.Storage {
		return fmt.Errorf("storage size %q is too small: the database may grow to %s, its defragmentation needs the same space again, and a full disk stops the member (use at least %s, a smaller --quota, or --force)",
			o.Storage, defaultQuota, least.String())
	}
	return nil
}

func validateStorageClass(name string) error {
	if name == "" {
		return nil
	}
	if errs := validation.IsDNS1123Subdomain(name); len(errs) > 0 {
		return fmt.Errorf("invalid storage class %q (kubectl get storageclass lists them)", name)
	}
	return nil
}

func validateVersion(v string) error {
	if v == "" {
		return nil
	}
	parsed, err := version.ParseSemantic(v)
	// An image tag cannot hold build metadata.
	if err != nil || parsed.BuildMetadata() != "" || len(v) > 64 {
		return fmt.Errorf("invalid etcd version %q (use all three numbers, like 3.7.3)", v)
	}
	if parsed.LessThan(version.MustParseGeneric("3.6.0-0")) {
		return fmt.Errorf("etcd %s is not supported: it has neither --feature-gates nor upstream support (use 3.6 or later)", v)
	}
	return nil
}

// validateImage accepts a name in the sense of the distribution reference grammar
// (https://pkg.go.dev/github.com/distribution/reference): without a tag or a digest.
func validateImage(image string) error {
	if image == "" {
		return nil
	}
	const (
		domain = `[a-zA-Z0-9]([a-zA-Z0-9-.]*[a-zA-Z0-9])?(:[0-9]+)?`
		part   = `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
	)
	if len(image) <= 255 && regexp.MustCompile(`^(`+domain+`/)?`+part+`(/`+part+`)*$`).MatchString(image) {
		return nil
	}
	if strings.Contains(image[strings.LastIndex(image, "/")+1:], ":") || strings.Contains(image, "@") {
		return fmt.Errorf("image %q has a tag or digest (omit it, --etcd-version chooses the tag)", image)
	}
	return fmt.Errorf("invalid image %q (use a repository like gcr.io/etcd-development/etcd)", image)
}

func (o Options) validateExpose() error {
	switch o.Expose {
	case "", ExposeNone:
		return nil
	case ExposeInternal:
		// An overlay that cannot be read is unknown; validateOverlay reports it.
		if overlay, err := readOverlay(overlays.Files, o.Overlay); err == nil && overlay.PlainIsPublic && !o.tls() {
			return fmt.Errorf("the %s overlay has no internal load balancer, and a public load balancer is refused without TLS: everyone could read and write all keys (use --tls auto, or --expose none)", o.Overlay)
		}
		return nil
	case ExposePublic:
		if !o.tls() {
			return errors.New("a public load balancer is refused without TLS: everyone could read and write all keys (use --expose internal)")
		}
		return nil
	}
	return fmt.Errorf("unknown exposure %q (choose one of none, internal, public)", o.Expose)
}
