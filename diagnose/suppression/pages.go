package suppression

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// pagePause lies between two pages of one list, so that reading it does not
// take a platform's whole allowance.
const pagePause = 100 * time.Millisecond

// row is an entry on a page, of any address.
type row struct {
	mark    string // tells it from the other rows of the list
	address string
	entry   diagnose.ListEntry
}

// page is one page of a list.
type page struct {
	rows  []row
	total int  // entries of the whole list, as the platform counts them; -1 where it does not
	last  bool // there is none behind it
}

// paged reads a list that takes no address, page by page.
type paged struct {
	name    safe.Text
	address string
	through bool // reads on behind an entry of the address: there may be others
	// fetch gives page n, from 0, whose first row is that with number from.
	fetch func(ctx context.Context, n, from int) (page, error)
}

// find gives the rows of the address. Without one, and without an error, the
// list does not hold it: all pages were read, and as pages shift where entries
// come and go meanwhile, a list of several pages was read twice with the same
// outcome. An entry that is found ends the reading, unless all are wanted. The
// error is a *failure; rows beside it were found before.
func (p *api) find(ctx context.Context, list paged) ([]row, error) {
	seed := maphash.MakeSeed()
	var first []uint64 // a hash of each page's rows
	pages, read := 0, 0
	for pass := range 2 {
		var hashes []uint64
		var found []row
		seen, total, from := map[string]bool{}, -1, 0
		for n := 0; ; n++ {
			if n == p.pages {
				return found, &failure{problem: diagnose.ProblemTooMany, text: fmt.Sprintf("%d entries read, more are there", from)}
			}
			if pages > 0 && p.sleep(ctx, pagePause) != nil {
				return found, &failure{problem: diagnose.ProblemTimeout, text: fmt.Sprintf("broken off after %d entries", from)}
			}
			got, err := list.fetch(ctx, n, from)
			if err != nil {
				return found, err
			}
			var hash maphash.Hash
			hash.SetSeed(seed)
			repeats := false
			for _, r := range got.rows {
				repeats = repeats || seen[r.mark]
				seen[r.mark] = true
				_, _ = hash.WriteString(r.mark)
				_ = hash.WriteByte(0)
				if SameAddress(r.address, list.address) {
					found = append(found, r)
				}
			}
			from += len(got.rows)
			if pass == 0 {
				read = from
			}
			pages++
			tell(ctx, Progress{List: list.name, Pages: pages, Entries: read})
			hashes = append(hashes, hash.Sum64())
			switch {
			case len(found) > 0 && !list.through:
				return found, nil
			case repeats, total >= 0 && got.total != total, pass == 1 && (n >= len(first) || hashes[n] != first[n]):
				return found, moved(from)
			}
			total = got.total
			if !got.last {
				continue
			}
			if total >= 0 && total != from || pass == 1 && n+1 != len(first) {
				return found, moved(from)
			}
			break
		}
		if len(hashes) == 1 || pass == 1 {
			return found, nil // one page is one moment
		}
		first = hashes
	}
	return nil, nil
}

// moved says that the pages of a list do not fit together.
func moved(read int) error {
	return &failure{problem: diagnose.ProblemChanged, text: fmt.Sprintf("the list changed while it was read: %d entries read", read)}
}
