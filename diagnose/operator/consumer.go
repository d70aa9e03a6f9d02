package operator

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed consumer.tsv
var consumerTSV string

var consumerColumns = []string{"domain", "provider", "source"}

var loadConsumer = sync.OnceValue(func() map[string]string {
	cells, err := readTable("consumer.tsv", consumerTSV, consumerColumns)
	if err != nil {
		panic(err) // part of the program, held by a test
	}
	domains := make(map[string]string, len(cells))
	for _, c := range cells {
		domains[c[0]] = c[1]
	}
	return domains
})

// ConsumerDomain gives whose mailboxes a domain holds where they belong to
// private persons, such as gmail.com: there is no administrator to ask, and
// several unknown addresses there are no pattern of the domain.
func ConsumerDomain(domain string) (provider string, ok bool) {
	provider, ok = loadConsumer()[lower(strings.TrimSuffix(strings.TrimSpace(domain), "."))]
	return provider, ok
}

// ConsumerDomains gives all of them, in no order.
func ConsumerDomains() []string {
	out := make([]string, 0, len(loadConsumer()))
	for d := range loadConsumer() {
		out = append(out, d)
	}
	return out
}
