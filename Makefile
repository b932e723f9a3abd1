# Everything here is one command that you may as well type yourself; CI runs .ci/run.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

FUZZTIME ?= 30s
BENCH ?= .
SEEDS ?= 10000

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## the demo: a drive with a simulated ActBlue
	go run ./cmd/fedirally demo

.PHONY: build
build: ## bin/fedirally, a static binary
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/fedirally

.PHONY: generate
generate: ## Go code from the .templ files
	sh .ci/tool templ generate

.PHONY: test
test: ## all tests, with the race detector
	sh .ci/test

.PHONY: check
check: ## what CI runs: gates, then tests
	bash .ci/run

.PHONY: check-long
check-long: check lint fuzz ## check, lint, fuzz, and the tests that take long
	FEDIRALLY_LONG=1 go test -run 'Kill|Long' -count=1 -timeout 60m ./...
	$(MAKE) simulate SIM_TIME=$(or $(SIM_TIME),10m)

.PHONY: simulate
simulate: ## whole drives with all that can go wrong, from numbers: SEEDS=10000, or SIM_TIME=3h
	$(if $(SIM_TIME),FEDIRALLY_SIM_TIME=$(SIM_TIME),FEDIRALLY_SEEDS=$(SEEDS)) \
		go test -run '^TestSimulation$$' -count=1 -timeout 0 -v ./cmd/fedirally/

.PHONY: fuzz
fuzz: ## each fuzz target of each package for FUZZTIME (30s)
	@go test -list '^Fuzz' ./... \
		| awk '/^Fuzz/ { names[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, names[i]; n = 0 }' \
		| while read -r package name; do \
			echo "$$package $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
		done

# Each benchmark says in its comment what it measures, what beside, and how to run it alone.
# The packages come one after the other.
.PHONY: bench
bench: ## all measurements (BENCH=Crowd: that one); leave the machine alone for half an hour
	go test -run '^$$' -bench '$(BENCH)' -benchtime 1x -count 1 -timeout 60m ./cmd/fedirally/ ./cmd/fedirally/web/
	go test -run '^$$' -bench '$(BENCH)' -count 1 -timeout 30m ./leaderboard/ranking/

.PHONY: golden
golden: ## rewrite the golden files; read the diff
	@grep -rlF 'flag.Bool("update"' --include='*_test.go' . | xargs -r -n 1 dirname | sort -u \
		| while read -r folder; do go test -count=1 "$$folder" -update </dev/null; done

.PHONY: lint
lint: ## golangci-lint (its first build takes minutes)
	sh .ci/tool golangci-lint run

.PHONY: fmt
fmt: ## format Go and templ files
	sh .ci/tool golangci-lint fmt
	sh .ci/tool templ fmt .

.PHONY: tidy
tidy: ## go.mod and go.sum
	go mod tidy

.PHONY: release
release: ## archives of a tagged commit in dist/: make release VERSION=v0.1.0
	bash .ci/release $(VERSION)
