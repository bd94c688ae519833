# A machine needs only make, git and Go: the targets install everything else (as root, on Debian).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

# Both let the linker drop unused methods, which halves the program: grpc's tracing calls methods by name, and with cgo
# kustomize's loader supports Go plugins, which may call any method.
TAGS := grpcnotrace
export CGO_ENABLED := 0
# One set of flags for whatever is compiled, a release included: with -trimpath on some commands alone, Go compiles Kubernetes'
# libraries once with it and once without. Tags, -ldflags and -buildvcs make no difference to a library; the race detector does.
export GOFLAGS := $(GOFLAGS) $(filter-out $(GOFLAGS),-trimpath)
# A tarball, or a checkout of another user, has no version to stamp.
VCS := $(shell git rev-parse --verify --quiet HEAD >/dev/null 2>&1 && echo true || echo false)
# On two cores, more parallel journeys would not end sooner (with 3 the CPU was never idle and the load was 15), and would
# starve etcd.
JOURNEYS ?= 2
# golangci-lint runs vet. Without debug information a test links in three quarters of the time.
QUICK := -vet=off -ldflags=-w
GOTEST_FLAGS ?=
SANDBOX_FLAGS ?=

lint = go tool -modfile=$(CURDIR)/tools/golangci-lint/go.mod golangci-lint run
sandbox = cd test/sandbox && go run . --dir $(CURDIR)/.sandbox

##@ Build
.PHONY: build
build: ## build bin/kubectl-etcd
	go build -buildvcs=$(VCS) -tags $(TAGS) -ldflags '-s -w' -o bin/kubectl-etcd ./cmd/kubectl-etcd

# kubectl finds both in the PATH: the plugin, and the program that completes its words.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
.PHONY: install
install: ## install what build made below PREFIX (/usr/local), for kubectl to find; DESTDIR
	@test -x bin/kubectl-etcd || { echo "bin/kubectl-etcd is not there (run make build)" >&2; exit 1; }
	install -d $(DESTDIR)$(BINDIR)
	install -m 0755 bin/kubectl-etcd completion/kubectl_complete-etcd $(DESTDIR)$(BINDIR)

# drill-agent only runs in a pod.
.PHONY: drill-agent
drill-agent: ## build bin/drill-agent, what an image of it holds
	GOOS=linux go build -buildvcs=$(VCS) -ldflags '-s -w' -o bin/drill-agent ./cmd/drill-agent

.PHONY: clean
clean: ## remove what build made (the sandbox is sandbox-down's)
	rm -rf bin dist krew/etcd.yaml

##@ Try
.PHONY: demo
demo: build $(if $(DEMO_KUBECONFIG),,sandbox) ## the main job on a sandbox, or on the cluster of DEMO_KUBECONFIG=FILE, each command shown as typed
	DEMO_KUBECONFIG='$(DEMO_KUBECONFIG)' test/demo.sh

.PHONY: sandbox
sandbox: ## bring a real three-node Kubernetes up on this machine, or find it running
	$(sandbox) up $(SANDBOX_FLAGS)

.PHONY: sandbox-all
sandbox-all: ## add to the sandbox what e2e needs besides: cert-manager, network policies, older versions of etcd
	$(sandbox) up --all $(SANDBOX_FLAGS)

.PHONY: sandbox-down
sandbox-down: ## remove the sandbox, but keep its built programs
	$(sandbox) down

##@ Test
.PHONY: test
test: ## everything that must pass: lint, unit, kube-score, e2e, dist-test; not vuln, soak and bench
	@for target in lint unit kube-score e2e dist-test; do \
	  SECONDS=0; $(MAKE) $$target; echo "took: $$target $${SECONDS} s"; \
	done

.PHONY: lint
lint: ## check style, imports, sizes and pins
	test/filesize.sh
	test/pinned.sh
	$(lint)
	cd test/sandbox && $(lint)

# Many tests mostly wait, for an election or a deadline, so more of a package's tests run at a time than there are processors. More
# would start many real etcd members at once, which miss elections when the processors are busy.
UNIT_PARALLEL ?= 4

.PHONY: unit
unit: ## unit tests under the race detector
	test/need.sh gcc:gcc /usr/include/stdlib.h:libc6-dev
	CGO_ENABLED=1 go test -race $(QUICK) -tags $(TAGS) -parallel $(UNIT_PARALLEL) $(GOTEST_FLAGS) ./...
	cd test/sandbox && CGO_ENABLED=1 go test -race $(QUICK) $(GOTEST_FLAGS) ./...

.PHONY: guards
guards: ## what a new command, overlay or fault still lacks in the documents, the tables and the goldens (seconds)
	go test $(QUICK) -tags $(TAGS) ./kustomize ./plugin ./plugin/drill/fault ./test \
	  -run 'Guide|CLIDocs|Examples|Documented|Golden|Overlay|Detect|Public|EveryWord|Aim'

.PHONY: kube-score
kube-score: build ## score the manifests of every overlay
	test/kube-score.sh

.PHONY: e2e
e2e: build sandbox-all ## end-to-end journeys on the sandbox; RUN=name picks some
	test/need.sh curl:curl tmux:tmux zsh:zsh /usr/share/bash-completion/bash_completion:bash-completion
	go test $(QUICK) -tags $(TAGS),e2e -count=1 -timeout 50m -parallel $(JOURNEYS) -skip '^TestDist' $(if $(RUN),-run 'Test(Journeys|Drills)/$(RUN)') $(GOTEST_FLAGS) ./test

.PHONY: soak
soak: build sandbox ## 100 leader kills under load on the sandbox, and a table of what they cost (half an hour); ROUNDS, SEED
	test/soak.sh

.PHONY: clients
clients: build sandbox ## real clients on the sandbox: connect, and go on while certificates and CAs change; CLIENTS="go node" picks some
	test/clients/run.sh $(CLIENTS)

.PHONY: vuln
vuln: ## look up known vulnerabilities (needs https://vuln.go.dev; status 4: it was not reached)
	test/vuln.sh -tags $(TAGS)

# The mutators are gremlins' default ones (arithmetic, negated and moved conditions, ++ and --), && for ||, break for continue,
# and = for +=. Inverted negatives are left out because arithmetic has them, and inverted assignments because they do not
# compile for strings. Two workers leave the machine usable. A mutant's tests time out at ten times the duration of all tests.
.PHONY: mutate
mutate: ## break one package, PKG=plugin/judge, in many ways, and list after which its unit tests still pass (minutes)
	go build -buildvcs=false -modfile=tools/gremlins/go.mod -o bin/tools/gremlins github.com/go-gremlins/gremlins/cmd/gremlins
	test/mutate.sh "$(PKG)" --tags $(TAGS) --workers 2 --timeout-coefficient 10 --output-statuses lcts \
	  --invert-logical --invert-loopctrl --remove-self-assignments --invert-negatives=false

.PHONY: bench
bench: build sandbox ## measure the plugin against kubectl, in pairs
	go test $(QUICK) -tags $(TAGS),bench -count=1 -timeout 10m -run TestBench -v ./test

##@ Release
# goreleaser finds the programs that it runs, except Go, in PATH.
goreleaser = PATH=$(CURDIR)/bin/tools:$$PATH goreleaser

.PHONY: release-tools
release-tools:
	go build -buildvcs=false -modfile=tools/goreleaser/go.mod -o bin/tools/goreleaser github.com/goreleaser/goreleaser/v2
	go build -buildvcs=false -modfile=tools/cyclonedx-gomod/go.mod -o bin/tools/cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	go build -buildvcs=false -modfile=tools/krew/go.mod -o bin/tools/validate-krew-manifest sigs.k8s.io/krew/cmd/validate-krew-manifest
	go build -buildvcs=false -modfile=tools/krew/go.mod -o bin/tools/kubectl-krew sigs.k8s.io/krew/cmd/krew

# By default dist builds for all platforms, and dist-test for the host's. A tag is tested with all.
PLATFORMS ?=

.PHONY: dist
dist: release-tools ## build what a release consists of, as a snapshot: archives, checksums, SBOMs, krew manifest; PLATFORMS=host
	$(goreleaser) check
	krew/platforms.sh $(or $(PLATFORMS),all) >bin/goreleaser.yaml
	$(goreleaser) release --config bin/goreleaser.yaml --snapshot --clean --skip=docker
	krew/manifest.sh $(or $(PLATFORMS),all)

.PHONY: dist-image
dist-image: dist ## build the image of the drills' agent from what dist built, into dist/ too (buildah, as root)
	test/image.sh

.PHONY: dist-test
dist-test: build sandbox ## validate and install what dist builds for the host as krew does, and run it on the sandbox; PLATFORMS=all
	$(MAKE) dist-image PLATFORMS=$(or $(PLATFORMS),host)
	PLATFORMS=$(or $(PLATFORMS),host) go test $(QUICK) -tags $(TAGS),e2e -count=1 -timeout 20m -run '^TestDist' $(GOTEST_FLAGS) ./test

.PHONY: release
release: release-tools ## make a draft of the release of the tag TAG, which is checked out (for the release workflow)
	krew/notes.sh "$(TAG)" >bin/notes.md
	$(goreleaser) release --clean --release-notes bin/notes.md
	krew/manifest.sh

##@ Maintain
.PHONY: update
update: ## write anew what is generated: the goldens, docs/cli
	go test $(QUICK) -tags $(TAGS) ./kustomize ./plugin -run "TestGolden|TestOverlays|TestCLIDocs" -update

.PHONY: pictures
pictures: build sandbox ## make the documents' pictures anew, from real runs on the sandbox
	test/pictures.sh

.PHONY: release-golden
release-golden: ## keep what is rendered now as that of a release; VERSION=vX.Y.Z
	go test -tags $(TAGS) ./kustomize -run '^TestReleases$$' -record '$(or $(VERSION),$(error VERSION=vX.Y.Z is missing))'

.PHONY: fmt
fmt: ## format the code as lint wants it
	go tool -modfile=$(CURDIR)/tools/golangci-lint/go.mod golangci-lint fmt

.PHONY: help
help: ## show this
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
