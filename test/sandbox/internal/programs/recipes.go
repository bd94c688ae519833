// Package programs builds everything that runs in the sandbox from Go modules. It keeps the results in the user's cache,
// because the first build takes minutes.
package programs

// The versions of the built programs. The go.mod files below programs/ decide; a test compares these with them.
const (
	Kubernetes  = "v1.36.3"
	Containerd  = "v2.4.2"
	CoreDNS     = "v1.15.0"
	CertManager = "v1.21.2"
	KubeRouter  = "v2.1.0"
)

// EtcdVersions are the versions that have images, the newest last. The older ones are extras.
func EtcdVersions() []string { return []string{"v3.5.35", "v3.6.16", "v3.7.3"} }

// NewestEtcd is the version that every sandbox has an image of, and that stores its own objects.
func NewestEtcd() string { return EtcdVersions()[len(EtcdVersions())-1] }

// recipe describes how the programs of one module are built. Each upstream project has its own module, so that none is built
// with another's dependencies.
type recipe struct {
	name     string
	module   string // its folder, relative to test/sandbox
	packages []string
	ldflags  string
	programs map[string]string // name for go build -> name in the sandbox
	links    []string          // further names of the recipe's only program
	manifest *manifest         // written beside the programs, or nil
	minutes  string            // printed before the build
}

// repository is this repository's module.
const repository = "../.."

const version = "-X k8s.io/component-base/version."

// recipes returns the recipes of the core, which every sandbox runs, or all.
func recipes(all bool) []recipe {
	list := append(core(), etcd(NewestEtcd()))
	if all {
		list = append(list, extras()...)
	}
	return list
}

func core() []recipe {
	return []recipe{
		{
			name: "kubernetes", module: "programs/kubernetes", minutes: "about 5 minutes the first time",
			packages: []string{".", "k8s.io/kubernetes/cmd/kubectl"},
			ldflags: version + "gitVersion=" + Kubernetes + " " + version + "gitMajor=1 " +
				version + "gitMinor=36 " + version + "gitTreeState=clean",
			programs: map[string]string{"kubernetes": "kubernetes", "kubectl": "kubectl"},
			links:    []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"},
		},
		{
			name: "containerd", module: "programs/containerd", minutes: "about a minute the first time",
			packages: []string{"tool"},
			ldflags:  "-X github.com/containerd/containerd/v2/version.Version=" + Containerd,
			programs: map[string]string{"containerd": "containerd", "containerd-shim-runc-v2": "containerd-shim-runc-v2", "ctr": "ctr"},
		},
		single("coredns", "about half a minute the first time"),
		{
			name: "pause", module: ".", minutes: "seconds",
			packages: []string{"./programs/pause"},
			programs: map[string]string{"pause": "pause"},
		},
		{
			name: "drill-agent", module: repository, minutes: "seconds",
			packages: []string{"./cmd/drill-agent"},
			programs: map[string]string{"drill-agent": "drill-agent"},
		},
	}
}

func extras() []recipe {
	certManager := single("cert-manager", "a few minutes the first time")
	certManager.manifest = &manifest{
		module: "github.com/cert-manager/cert-manager",
		// Without those of ACME, of which no controller runs here.
		files: "deploy/crds/cert-manager.io_*.yaml",
		name:  "cert-manager-crds.yaml",
	}
	list := []recipe{certManager, single("kube-router", "about a minute the first time")}
	for _, v := range EtcdVersions() {
		if v != NewestEtcd() {
			list = append(list, etcd(v))
		}
	}
	return list
}

func etcd(version string) recipe {
	return recipe{
		name: EtcdRecipe(version), module: "programs/etcd-" + minor(version), minutes: "about a minute the first time",
		packages: []string{"tool"},
		programs: map[string]string{"server": "etcd", "etcdctl": "etcdctl", "etcdutl": "etcdutl"},
	}
}

// single returns the recipe of one program that has its own module of that name.
func single(name, minutes string) recipe {
	return recipe{
		name: name, module: "programs/" + name, minutes: minutes,
		packages: []string{"."}, programs: map[string]string{name: name},
	}
}

// minor turns v3.7.3 into 3.7.
func minor(version string) string {
	dots := 0
	for i, c := range version {
		if c == '.' {
			if dots++; dots == 2 {
				return version[1:i]
			}
		}
	}
	return version[1:]
}
