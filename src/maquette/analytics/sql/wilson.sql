-- Wilson's score interval of a rate at 95 % (Wilson 1927, doi 10.2307/2276774); NULL where nothing is scored.
create {temp} macro wilson_low(correct, scored) as case when scored > 0 then greatest(0, least(correct / scored,
    (correct + {z2} / 2 - {z} * sqrt(correct * (scored - correct) / scored + {z2} / 4)) / (scored + {z2}))) end;
create {temp} macro wilson_high(correct, scored) as case when scored > 0 then least(1, greatest(correct / scored,
    (correct + {z2} / 2 + {z} * sqrt(correct * (scored - correct) / scored + {z2} / 4)) / (scored + {z2}))) end;
