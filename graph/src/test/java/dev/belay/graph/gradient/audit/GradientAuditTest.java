package dev.belay.graph.gradient.audit;

import java.util.*;

class GradientAudit {
  public static void main(String[] args) throws Exception {
    Map<Trial.Outcome, Integer> counts = new TreeMap<>();
    List<Combination> all = args.length > 0 ? new ArrayList<>() : Catalogue.read();
    System.setOut(new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true));
    int from = 0;
    if (args.length == 1 && args[0].matches("\\d+")) { from = Integer.parseInt(args[0]); all = Catalogue.read(); args = new String[0]; }
    for (String a : args) Catalogue.read().stream().filter(c -> c.op().equals(a)).forEach(all::add);
    long t = System.currentTimeMillis();
    for (Combination c : all.subList(from, all.size())) {
      System.out.print(from++ + "\t");
      Trial.Verdict v = Trial.of(c);
      counts.merge(v.outcome(), 1, Integer::sum);
      System.out.println(v.outcome() + "\t" + c + "\t" + v.note());
      System.out.flush();
    }
    System.out.println(counts + " " + (System.currentTimeMillis() - t) + " ms");
  }
}
