/** What stands in the text files of the pictures. */
export const MINUTES = `# Members' meeting, 24 February

Present: 31 members, in the room and by telephone.

## 1. The network
Six disks now carry what we store. In January none of our files was out of reach,
and two disks were changed without anybody having to do anything.

## 2. Accounts of 2025
Read out by Ben, approved with no vote against. What lenders earned was paid out monthly.

## 3. The allotment
The water butt by bed 4 leaks. Grace will mend it before the first sowing.

## 4. Any other business
The choir asks for a folder of its own for recordings. Agreed.

Next meeting: 31 March, half past seven, in the library.
`;

export const ACCOUNTS = `month,stored_gb,lent_gb,credits_in,credits_out
2025-01,412,1900,618.00,494.40
2025-02,431,1900,646.50,517.20
2025-03,455,2150,682.50,546.00
2025-04,470,2150,705.00,564.00
2025-05,498,2150,747.00,597.60
2025-06,512,2400,768.00,614.40
2025-07,520,2400,780.00,624.00
2025-08,533,2400,799.50,639.60
2025-09,561,2400,841.50,673.20
2025-10,588,2650,882.00,705.60
2025-11,604,2650,906.00,724.80
2025-12,631,2650,946.50,757.20
`;

export const LETTER = `Dear Margaret,

here are the photographs that I promised, and the recording of the second verse.
The link asks for a password: it is the name of your boat.

Yours, Ada
`;
