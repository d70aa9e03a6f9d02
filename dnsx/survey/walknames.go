package survey

import (
	"net/netip"

	"deadletter/dnsx"
)

// reversal is an address whose name is asked for.
type reversal struct {
	addr netip.Addr
	from dnsx.Question
}

// names asks for the PTR names of the addresses of the MX hosts, and of a
// named host whose address the bounce does not tell.
func (w *walk) names() {
	s := w.subject
	w.hostNames(s.Host, s.HostAddr)
	w.hostNames(s.Reporter, s.ReporterAddr)
	if !w.mxKnown {
		if w.open(ask(dnsx.TypeMX, s.Recipient)) {
			w.graph.hold(MaxAddrs + MaxAddrs*MaxNames)
		}
		return
	}
	room, opened := MaxAddrs, false
	var parents []dnsx.Question
	if w.implicit {
		parents = append(parents, ask(dnsx.TypeMX, s.Recipient))
	}
	for _, host := range w.mx {
		list, open := w.addresses(host)
		take := min(len(list), MaxHostAddrs, room)
		for _, f := range list[:take] {
			w.reverse(f, parents...)
		}
		if !opened {
			w.graph.left.Addresses += len(list) - take
		}
		most := min(len(list), MaxHostAddrs)
		if open {
			most, opened = MaxHostAddrs, true
		}
		most = min(most, room)
		w.graph.hold((most - take) * (1 + MaxNames))
		room -= most
	}
}

func (w *walk) hostNames(host string, addr netip.Addr) {
	if addr.IsValid() {
		w.reversed = append(w.reversed, reversal{addr, ask(dnsx.TypePTR, dnsx.ReverseName(addr))})
		return
	}
	if host == "" {
		return
	}
	list, open := w.addresses(host)
	take := min(len(list), maxNamed)
	for _, f := range list[:take] {
		w.reverse(f)
	}
	if open {
		w.graph.hold((maxNamed - take) * (1 + MaxNames))
	}
}

// addresses gives the addresses of a host whose place in the order is certain,
// IPv4 first; open tells that there may be more.
func (w *walk) addresses(host string) (list []found, open bool) {
	for _, t := range []dnsx.Type{dnsx.TypeA, dnsx.TypeAAAA} {
		q := ask(t, host)
		answer, ok := w.answers[q]
		if !ok {
			if w.open(q) {
				return list, true
			}
			continue
		}
		list = append(list, addresses(answer)...)
	}
	return list, false
}

func (w *walk) reverse(f found, parents ...dnsx.Question) {
	q := ask(dnsx.TypePTR, dnsx.ReverseName(f.addr))
	way := append([]dnsx.Question{f.from}, parents...)
	w.graph.add(q, way...)
	w.reversed = append(w.reversed, reversal{f.addr, q})
}

// confirmations asks for the addresses of the names that addresses have, in
// the family of the address.
func (w *walk) confirmations() {
	for _, r := range w.reversed {
		answer, ok := w.answers[r.from]
		if !ok {
			if w.open(r.from) {
				w.graph.hold(MaxNames)
			}
			continue
		}
		for _, q := range confirming(r.addr, answer) {
			w.graph.add(q, r.from)
		}
	}
}

// confirming gives the questions that confirm an address by its PTR answer.
func confirming(addr netip.Addr, ptr dnsx.Answer) (out []dnsx.Question) {
	t := dnsx.TypeA
	if addr.Is6() {
		t = dnsx.TypeAAAA
	}
	for _, name := range hosts(ptr, dnsx.TypePTR) {
		if dnsx.IsHostname(name) && len(out) < MaxNames {
			out = append(out, ask(t, name))
		}
	}
	return out
}
